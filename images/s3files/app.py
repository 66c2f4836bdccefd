"""Entry point of the function whose model is in a bucket that S3 Files mounts."""

import os

from contract.environment import MODEL_DIR
from similarity.function import serve
from similarity.stores.pieces import PieceStore

# S3 Files serves a read of this size or more from the bucket, and smaller ones from its own, dearer storage:
# "How S3 Files is metered" in the Amazon S3 User Guide, read in November 2026.
DIRECT_READ = 128 << 10

handler = serve(PieceStore(os.environ[MODEL_DIR], DIRECT_READ)).handle
