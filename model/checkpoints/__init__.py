"""Checkpoints to build bundles from: where they come from, and whether the service can run them."""
