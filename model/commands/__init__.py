"""The commands of `python -m model`, one a module: its options, and what runs it."""
