"""Entry point of the function whose model is in the container image's own file system."""

import os

from similarity.service import serve
from similarity.stores.directory import DirectoryStore, readers_for

DIRECTORY = os.environ["MODEL_DIR"]

handler = serve(DirectoryStore(DIRECTORY, readers_for(DIRECTORY))).handle
