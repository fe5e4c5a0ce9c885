"""How programs and browsers come in: HTTP; an endpoint parses, calls once, returns."""
