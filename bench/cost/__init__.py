"""Prices, and the cost of a storage at those prices."""
