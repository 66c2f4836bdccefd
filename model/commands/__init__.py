"""The commands of `python -m model`, one module each: its options, and the function that runs it."""
