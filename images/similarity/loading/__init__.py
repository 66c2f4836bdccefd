"""Loads an encoder in the background: weights, engine and tokenizer."""
