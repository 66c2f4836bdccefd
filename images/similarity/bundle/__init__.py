"""Reads what a bundle consists of: manifest, tensors, the byte ranges to fetch, and the index."""
