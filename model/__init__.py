"""Builds the model bundle that every storage holds: weights, ONNX graphs, tokenizer and incident index."""
