"""What the pages say in other languages than Chinese."""
