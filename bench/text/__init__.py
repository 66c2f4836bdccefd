"""Writes numbers and the words of others so that people can read them safely."""
