"""Builds the incident index from AIID's snapshot, its former service's state, or a plain table."""
