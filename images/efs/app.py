"""Entry point of the function whose model is on a mounted EFS access point."""

import os

from similarity.service import serve
from similarity.stores.directory import DirectoryStore

# One client gets 500 MiB/s from EFS, one reader alone does not fill it; a FUSE mount is fastest with one or two.
READERS = 4

handler = serve(DirectoryStore(os.environ["MODEL_DIR"], READERS)).handle
