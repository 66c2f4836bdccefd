"""Entry point of the function whose model is on a mounted EFS access point."""

import os

from similarity.service import serve
from similarity.stores.directory import DirectoryStore, file_system

# EFS is NFS: one client gets 500 MiB/s, which one reader alone does not fill. A FUSE server, such as the lab's, gets
# the requests of several readers in any order and reads straight on only for one: 0.85 s for 340 MB, 1.05 s with two
# readers, 1.25 s with four.
DIRECTORY = os.environ["MODEL_DIR"]
READERS = 1 if file_system(DIRECTORY).startswith("fuse") else 4

handler = serve(DirectoryStore(DIRECTORY, READERS)).handle
