"""Builds the model bundle that every storage backend holds: weights, ONNX graphs, tokenizer and incident index."""

import sys
from pathlib import Path

# The service's package lives in the Docker context; the builder uses its engine, formats and manifest.
sys.path.append(str(Path(__file__).resolve().parents[1] / "images"))
