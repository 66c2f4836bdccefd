"""Errors, progress, safe reading of documents and atomic publishing, for all other folders of the model tool."""
