"""Brings a lab up: the command line, its settings, the storages and functions, and the outputs."""
