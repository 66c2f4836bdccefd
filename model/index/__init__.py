"""The incident index, built from what people have: AIID's snapshot, its former service's state, or a plain table."""
