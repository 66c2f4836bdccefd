"""Keeps embeddings that were computed once, by the text's hash, in one SQLite file for each model.

Each batch is its own transaction in a write-ahead log, so computed embeddings survive however the process ends.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from model.base.errors import BuildError

DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Cache:
    """Vectors float32[hidden] by the 32-byte hash of the text that was embedded."""

    def __init__(self, connection: sqlite3.Connection, path: Path, hidden: int) -> None:
        self._connection = connection
        self._path = path
        self._hidden = hidden

    def __contains__(self, text_hash: bytes) -> bool:
        query = "SELECT 1 FROM embeddings WHERE hash = ?"
        with _explained(self._path):
            return self._connection.execute(query, (text_hash,)).fetchone() is not None

    def get(self, text_hash: bytes) -> np.ndarray:
        """The vector of a cached text; raises BuildError if it is not there, or is not one of this model's."""
        with _explained(self._path):
            row = self._connection.execute("SELECT vector FROM embeddings WHERE hash = ?", (text_hash,)).fetchone()
        vector = np.frombuffer(row[0] if row else b"", "<f4")
        if vector.shape != (self._hidden,) or not np.isfinite(vector).all():
            raise BuildError(f"{self._path} is damaged: delete it, and what it held is computed again")
        return vector

    def put(self, vectors: Iterable[tuple[bytes, np.ndarray]]) -> None:
        """Keep hashes and vectors of texts, all or none of them."""
        with _explained(self._path), self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO embeddings VALUES (?, ?)",
                [(text_hash, np.asarray(vector, "<f4").tobytes()) for text_hash, vector in vectors],
            )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours; a full disk is not a reason to delete what took hours."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED:
            raise BuildError(f"{path} is damaged ({error}): delete it, and what it held is computed again") from None
        raise BuildError(
            f"SQLite cannot work in {path.parent} ({error}): make room there, and see that you may write there; "
            "what was embedded is kept"
        ) from None


@contextmanager
def opened(directory: Path, model_hash: str, hidden: int) -> Iterator[Cache]:
    """The cache of a model in `directory`, for one process at a time; raises BuildError."""
    path = directory / f"{model_hash[:16]}.sqlite3"
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / f"{model_hash[:16]}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildError(f"another run is filling {path}; wait for it to end, or choose another --cache") from None
        with _explained(path):
            connection = sqlite3.connect(path)
        with closing(connection):
            with _explained(path):
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS embeddings (hash BLOB PRIMARY KEY, vector BLOB NOT NULL)"
                )
            yield Cache(connection, path, hidden)
