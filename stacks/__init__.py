"""Pulumi components of the deployment, one per file, and the pure functions that they share."""
