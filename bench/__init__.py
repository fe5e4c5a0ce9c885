"""How fast it is: everything measured on a real embedded PostgreSQL with its normal settings, fsync on."""
