"""The similarity service, shared by the three images: takes a text and returns the most similar incidents.

Importing this package, `similarity.service` or a store imports nothing heavy: reading the weights starts before numpy,
onnxruntime and tokenizers are imported (see `loader`).
"""

import os

from contract.environment import BLAS_THREADS, ORT_TELEMETRY

# onnxruntime reports its use to its maker unless told not to before it is imported.
os.environ.setdefault(ORT_TELEMETRY, "1")
# numpy's OpenBLAS starts a thread for every core when it is imported, and they spin: 60 ms of a core that the start
# needs. The one large product here pays for it: ranking a million incidents takes 290 ms with one thread, 150 with two.
os.environ.setdefault(BLAS_THREADS, "1")
