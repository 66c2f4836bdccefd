"""Errors, log lines, phases and background work, for all other folders of the service."""
