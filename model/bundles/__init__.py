"""Builds a bundle: the weights, the graph, the tokenizer, the index and the manifest."""
