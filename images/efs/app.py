"""Entry point of the function whose model is on a mounted EFS access point."""

import os

from contract.environment import MODEL_DIR
from similarity.function import serve
from similarity.stores.directory import store_at

DIRECTORY = os.environ[MODEL_DIR]

handler = serve(store_at(DIRECTORY)).handle
