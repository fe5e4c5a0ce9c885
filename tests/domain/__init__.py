"""What is allowed and what is refused, as sentences about the rules."""
