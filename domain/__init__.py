"""What is true and what is allowed; knows no database, no web and no clock."""
