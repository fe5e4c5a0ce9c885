"""Tables that people bring, by the terminal or by a page: every row goes in or is refused by name."""
