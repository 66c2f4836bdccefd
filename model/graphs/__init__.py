"""Writes the ONNX graph that runs a checkpoint's weights directly from its own file."""
