"""Serves every command: exit codes, messages, signals, and text that is safe to print."""
