"""Entry point of the function whose model is on a mounted EFS access point."""

import os

from similarity.service import serve
from similarity.stores.directory import DirectoryStore, readers_for

DIRECTORY = os.environ["MODEL_DIR"]

handler = serve(DirectoryStore(DIRECTORY, readers_for(DIRECTORY))).handle
