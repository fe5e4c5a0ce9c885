"""How people, programs and clocks come in: HTTP and the command line."""
