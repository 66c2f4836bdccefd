"""Writes the ONNX graph that runs a checkpoint's weights where they lie."""
