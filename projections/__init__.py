"""What people look at: views of the log, built by the engine, thrown away at will."""
