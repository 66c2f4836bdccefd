"""Prices, and what a storage costs with them."""
