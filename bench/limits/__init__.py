"""Measures how near the service is to its lower bounds, and writes docs/performance.md from the samples."""
