"""Entry point of the function whose model is in the container image's own file system."""

import os

from similarity.service import Service
from similarity.stores.directory import DirectoryStore

handler = Service(DirectoryStore(os.environ["MODEL_DIR"])).handle
