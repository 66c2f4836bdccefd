"""Entry point of the function whose model is in the container image's own file system."""

import os

from similarity.service import serve
from similarity.stores.directory import DirectoryStore

# Lambda fetches an image's 512 KiB chunks when they are first touched, each with a latency of its own.
READERS = 8

handler = serve(DirectoryStore(os.environ["MODEL_DIR"], READERS)).handle
