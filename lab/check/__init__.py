"""Measures the shape of a lab from inside its execution environments."""
