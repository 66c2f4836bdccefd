"""The similarity service: a text goes in, the most similar incidents come out. Shared by the three images.

Importing this package, `similarity.service` or a store imports nothing heavy: the weights are being read before numpy,
onnxruntime and tokenizers are imported (see `loader`).
"""

import os

# onnxruntime reports its use to its maker unless told not to before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
