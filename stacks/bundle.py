"""Reads the manifest of the model bundle on the deploying machine, and checks its files against it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from contract.bundle import INDEX, MANIFEST, WEIGHTS, File, foreign_index, read, search_memory_mb
from contract.engines import ONNX, TRANSFORMERS
from contract.limits import MAX_MEMORY_MB, MIN_SCRATCH_MB
from contract.precisions import Reduction, reduction
from stacks.errors import DeploymentError

MIB = 1 << 20


@dataclass(frozen=True)
class Bundle:
    """A model bundle; `files` are all files below `directory`, the manifest included, `hidden` is how many numbers a
    vector has, and `encoder_bytes` is the part of the weights that each answer of the onnx engine reads.
    """

    directory: Path
    source_hash: str
    weights: str
    hidden: int
    encoder_bytes: int
    files: Mapping[str, File]
    reduction: Reduction

    @classmethod
    def read(cls, directory: Path) -> Bundle:
        """Read the manifest; raises DeploymentError with the remedy if it is missing, damaged or of another format."""
        path, mend = directory / MANIFEST, _mend(directory)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DeploymentError.of([f"there is no model bundle ({path}: {error.strerror}): {mend}"]) from error
        try:
            fields = read(data)
        except ValueError as error:
            raise DeploymentError.of([f"{path} {error}: {mend} again"]) from error
        try:
            hidden, weights = int(fields["hidden"]), str(fields["weights"])
            reduced = reduction(fields)
            encoder = int(fields.get("encoder_bytes") or encoder_bytes(int(fields["layers"]), hidden))
            foreign = foreign_index(fields.get("embedded_by", ""), fields["files"], int(fields["max_tokens"]))
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise DeploymentError.of([f"{path} is damaged ({error!r}): {mend} again"]) from error
        if foreign:
            raise DeploymentError.of([f"{path} {foreign}, or {mend} again"])
        files = fields["files"]
        if lacking := [name for name in (WEIGHTS, *INDEX) if name not in files]:
            raise DeploymentError.of([f"{path} lists no {' and no '.join(lacking)}: {mend} again"])
        files[MANIFEST] = File(len(data), hashlib.sha256(data).hexdigest())
        return cls(directory, fields["source_hash"], weights, hidden, encoder, files, reduced)

    def check_files(self) -> None:
        """Raise DeploymentError, with the remedy, unless every file is there and fits the manifest.

        Of the weights only the size is checked: hashing 600 MB takes seconds at every preview, and the seeder and the
        service check what they read.
        """
        problems = list(self._file_problems())
        if problems:
            raise DeploymentError.of([f"{problem}: {_mend(self.directory)} again" for problem in problems])

    def _file_problems(self) -> Iterator[str]:
        for name, file in sorted(self.files.items()):
            path = self.directory / name
            if not path.is_file():
                yield f"{path} is missing"
            elif path.stat().st_size != file.size:
                yield f"{path} has {path.stat().st_size} bytes, its manifest says {file.size}"
            elif name != WEIGHTS and hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256:
                yield f"{path} is not the file of its manifest: the sha256 differs"

    def fetched_bytes(self, engine: str) -> int:
        """How much `engine` fetches: the transformers engine the whole checkpoint, the onnx engine only its encoder."""
        return {ONNX: self.encoder_bytes, TRANSFORMERS: self.files[WEIGHTS].size}[engine]

    def scratch_mb(self, engine: str) -> int:
        """MB of /tmp for everything that `engine` fetches, with an eighth to spare; at least 512 (free of charge)."""
        return max(MIN_SCRATCH_MB, -(-self.fetched_bytes(engine) * 9 // 8 // MIB))

    @property
    def total_bytes(self) -> int:
        """Return the size of all files."""
        return sum(file.size for file in self.files.values())

    @property
    def index_bytes(self) -> int:
        """Size of the incident index."""
        return sum(self.files[name].size for name in INDEX)

    @property
    def search_memory_mb(self) -> int:
        """Memory in MB of a function that holds the index."""
        return search_memory_mb(self.index_bytes)

    def problems(self) -> Iterator[str]:
        """Yield, with its remedy, each reason why a Lambda function cannot search the index."""
        if self.search_memory_mb > MAX_MEMORY_MB:
            yield (
                f"the index of {self.directory} has {self.index_bytes / 1e6:,.0f} MB, to search it takes "
                f"{self.search_memory_mb:,} MB of memory, and Lambda offers {MAX_MEMORY_MB:,}: "
                "build it of fewer incidents"
            )


def _mend(directory: Path) -> str:
    if directory.name == "bundle":
        return "build it with `make model`"
    return f'build it with `make model ARGS="--model … --out {directory}"`'


def encoder_bytes(layers: int, hidden: int) -> int:
    """Return the size of a Longformer encoder in float32, which the manifests of older bundles do not say.

    It has four square projections and a 4-fold feed-forward part a layer.
    """
    return 4 * layers * (12 * hidden * hidden + 13 * hidden)
