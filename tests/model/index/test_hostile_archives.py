"""Archives made to take memory or time are refused with a message, at little cost of both."""

from __future__ import annotations

import bz2
import io
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from model.base.errors import BuildError
from model.index import containers, sources, tar
from model.index.containers import Meter

SUSPICIOUS = 64 << 20  # instead of 1 GiB, so that a bomb of zeros is quickly made
SPARE = 100 << 20  # bytes of data that reading may add


def header(kind: bytes, size: int, name: str = "x") -> bytes:
    """A tar header of 512 bytes."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.USTAR_FORMAT if size < 8 << 30 else tarfile.GNU_FORMAT)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def of_streams(path: Path, *pieces: tuple[bytes, int]) -> None:
    """Write a bz2 file of pieces, each so many times over and a stream of its own, as parallel packers do."""
    path.write_bytes(b"".join(bz2.compress(piece) * times for piece, times in pieces))


def of(path: Path, *pieces: tuple[bytes, int]) -> None:
    """Write a bz2 file of one stream of pieces, each so many times over."""
    packer = bz2.BZ2Compressor()
    with path.open("wb") as file:
        for piece, times in pieces:
            for _ in range(times):
                file.write(packer.compress(piece))
        file.write(packer.flush())


def pax_of_256_mb(path: Path) -> None:
    of_streams(path, (header(tarfile.XHDTYPE, 1 << 28), 1), (b"A" * (1 << 20), 256))


def long_name(path: Path) -> None:
    of_streams(path, (header(tarfile.GNUTYPE_LONGNAME, 1 << 28), 1), (b"A" * (1 << 20), 256))


def headers_in_a_row(path: Path) -> None:
    of_streams(path, ((header(tarfile.XHDTYPE, 11) + padded(b"11 a=bcdef\n")) * 1000, 100))


def global_headers(path: Path) -> None:
    pieces = [
        header(tarfile.XGLTYPE, 11) + padded(b"11 a%05d=b\n" % n) + header(tarfile.REGTYPE, 0) for n in range(500)
    ]
    path.write_bytes(bz2.compress(b"".join(pieces)))


def sparse_file(path: Path) -> None:
    of(path, (header(tarfile.GNUTYPE_SPARSE, 0), 1), (bytes(512), 1000))


def sparse_map(path: Path) -> None:
    keys = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
    data = b"999999999\n" + b"1\n" * 1000
    start = header(tarfile.XHDTYPE, len(keys)) + padded(keys) + header(tarfile.REGTYPE, len(data)) + padded(data)
    path.write_bytes(bz2.compress(start))


def all_zeros_behind_a_name(path: Path) -> None:
    of(path, (header(tarfile.REGTYPE, 100 << 20, "dump.bson"), 1), (bytes(1 << 20), 100))


def more_than_there_is(path: Path) -> None:
    path.write_bytes(bz2.compress(header(tarfile.REGTYPE, 1 << 62, "dump.bson") + bytes(10240)))


BOMBS: dict[Callable[[Path], None], str] = {
    pax_of_256_mb: "header larger than any that is needed",
    long_name: "header larger than any that is needed",
    headers_in_a_row: "header larger than any that is needed",
    global_headers: "more names than there are",
    sparse_file: "sparse file",
    sparse_map: "sparse file",
    all_zeros_behind_a_name: "unpacks to more than 400 times its size",
    more_than_there_is: "unexpected end of data",
}


@pytest.mark.parametrize("make", BOMBS, ids=lambda make: make.__name__)
def test_a_tar_made_to_take_memory_is_refused_within_little(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "backup.tar.bz2"
    make(path)
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip().endswith("REFUSED"), done.stderr
    assert BOMBS[make] in done.stdout


READ = f"""
import resource, sys
sys.path[:0] = ["", "images"]
from pathlib import Path
from model.base.errors import BuildError
from model.index import sources, tar
from model.index.containers import Meter
tar.SUSPICIOUS = {SUSPICIOUS}
used = sum(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("VmData"))
resource.setrlimit(resource.RLIMIT_DATA, (used + {SPARE}, used + {SPARE}))
try:
    list(sources.read(sources.detect(Path(sys.argv[1])), 2, Meter()))
except BuildError as error:
    print(error, "REFUSED")
"""


def test_many_members_are_passed_over_without_being_kept(tmp_path: Path) -> None:
    path = tmp_path / "backup.tar.bz2"
    of(path, (header(tarfile.REGTYPE, 0) * 1000, 20))
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            assert sum(1 for _ in tar.files(file, lambda: path.stat().st_size)) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 8 << 20  # kept, they would take 20 MB
    finally:
        tracemalloc.stop()


def test_a_zip_is_refused_where_it_is_encrypted_or_all_air_or_has_too_many_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "backup.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("incidents.csv", "a" * 1_000_000)
    monkeypatch.setattr(containers, "SUSPICIOUS", 1000)
    with pytest.raises(BuildError, match="unpacks to more than 400 times its size"):
        list(sources.read(sources.detect(path), 2, Meter()))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"))
    with pytest.raises(BuildError, match=r"is encrypted: unpack it, and name the directory"):
        list(sources.read(sources.detect(path), 2, Meter()))
    monkeypatch.setattr(containers, "LARGEST_DIRECTORY", 10)
    with pytest.raises(BuildError, match="holds too many files"):
        list(sources.read(sources.detect(path), 2, Meter()))


def test_a_tar_in_any_packing_is_the_same(tmp_path: Path) -> None:
    """Long names and PAX headers of ordinary size are not bombs."""
    for mode, kind in (("w", tarfile.PAX_FORMAT), ("w:gz", tarfile.GNU_FORMAT), ("w:xz", tarfile.PAX_FORMAT)):
        path = tmp_path / "backup.tar"
        with tarfile.open(path, mode, format=kind) as archive:
            for name in ("d" * 200 + "/incidents.csv", "ü/reports.csv"):
                info = tarfile.TarInfo(name)
                info.size = 5
                archive.addfile(info, io.BytesIO(b"hello"))
        with path.open("rb") as file:
            found = [(name, stream.read()) for name, stream in tar.files(file, lambda: 1 << 20)]
        assert found == [("d" * 200 + "/incidents.csv", b"hello"), ("ü/reports.csv", b"hello")]
