"""A function whose INIT fails."""

raise RuntimeError("this function cannot be initialised")
