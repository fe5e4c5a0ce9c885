"""What is personal: taken out of texts before they become facts, kept under a key for each resident."""
