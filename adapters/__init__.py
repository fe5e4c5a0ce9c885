"""How the domain meets the world: the log, PostgreSQL, settings, keys, files."""
