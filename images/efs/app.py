"""Entry point of the function whose model is on a mounted EFS access point."""

import os

from similarity.service import Service
from similarity.stores.directory import DirectoryStore

handler = Service(DirectoryStore(os.environ["MODEL_DIR"])).handle
