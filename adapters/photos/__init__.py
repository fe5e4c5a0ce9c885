"""Photos (照片): stored by what they are, shown without what they hide, kept while a ticket names them."""
