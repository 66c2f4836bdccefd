"""Reading weights through a file system: all of the plan, straight through the file, with errors that say why."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.readers import IMAGE, NFS
from lab.host.page_cache import Part, evict, resident
from similarity.base.errors import StoreError
from similarity.bundle.byte_ranges import Range
from similarity.stores import directory
from similarity.stores.directory import DirectoryStore, file_system, store_at

SIZE = 5_000
CUTS = st.lists(st.integers(0, SIZE), min_size=2, max_size=12, unique=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store")
    (path / "weights").write_bytes(bytes(SIZE))
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cuts=CUTS, readers=st.integers(1, 5), copying=st.booleans(), data=st.data())
def test_every_range_is_read_once_and_each_reader_goes_forward(
    store: Path, monkeypatch: pytest.MonkeyPatch, cuts: list[int], readers: int, copying: bool, data: st.DataObject
) -> None:
    edges = sorted(cuts)
    apart = [Range(start, end - start) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    ranges = data.draw(st.permutations(apart))
    read: dict[int, list[tuple[int, int]]] = {}

    def sendfile(target: int, source: int, offset: int, count: int) -> int:
        size = send(target, source, offset, count)
        read.setdefault(source, []).append((offset, offset + size))
        return size

    def preadv(source: int, buffers: Sequence[memoryview], offset: int, flags: int = 0) -> int:
        if flags & os.RWF_NOWAIT:
            raise BlockingIOError  # as where nothing is in the page cache
        size = copy(source, buffers, offset)
        read.setdefault(source, []).append((offset, offset + size))
        return size

    send, copy = os.sendfile, os.preadv
    with monkeypatch.context() as patch:
        patch.setattr(directory, "CHUNK", 512)
        patch.setattr(directory, "SCRATCH", 128)
        patch.setattr(directory, "LONGEST", 256)
        patch.setattr("os.sendfile", sendfile)
        patch.setattr("os.preadv", preadv)
        DirectoryStore(str(store), readers, copying).weights("weights", 0, "onnx").fetch(ranges)
    seen = [byte for pieces in read.values() for start, end in pieces for byte in range(start, end)]
    assert sorted(seen) == [byte for part in apart for byte in range(part.offset, part.end)]
    if readers == 1:
        assert [pieces == sorted(pieces) for pieces in read.values()] == [True]


@pytest.mark.parametrize("copying", [False, True])
def test_what_was_fetched_is_in_the_page_cache(tmp_path: Path, copying: bool) -> None:
    path = tmp_path / "weights"
    path.write_bytes(os.urandom(40 << 20))
    if evict([path]).after:
        pytest.skip(f"the file system of {tmp_path} keeps files in memory")
    ranges = [Range(4096, 9 << 20), Range(20 << 20, 5 << 20), Range(39 << 20, 1 << 20)]

    def fetched() -> list[int]:
        evict([path])
        DirectoryStore(str(tmp_path), 2, copying).weights("weights", 0, "onnx").fetch(ranges)
        return [resident(Part(path, wanted.offset, wanted.end)) for wanted in ranges]

    # The kernel takes back a page of a file just read now and then: a fetch that leaves one out does so every time.
    assert any(fetched() == [wanted.size for wanted in ranges] for _ in range(3))


@pytest.mark.parametrize(("said", "used"), [("", 3), ("1", 1), ("5", 5)])
def test_so_many_readers_read_at_once_as_the_setting_says(
    store: Path, monkeypatch: pytest.MonkeyPatch, said: str, used: int
) -> None:
    """Each waits until all have begun, so that fewer would wait for ever and more would be counted."""
    together = threading.Barrier(used, timeout=60)
    began: list[int] = []

    def send(file: int, wanted: Range) -> int:
        began.append(file)
        together.wait()
        return wanted.size

    monkeypatch.setenv("READERS", said)
    monkeypatch.setattr(directory, "CHUNK", 10)
    monkeypatch.setattr(directory, "_send", send)
    DirectoryStore(str(store), 3).weights("weights", 0, "onnx").fetch([Range(0, SIZE)])
    assert len(began) == used


def test_what_is_in_the_page_cache_already_is_not_copied(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = []

    def preadv(source: int, buffers: Sequence[bytearray], offset: int, flags: int = 0) -> int:
        copied.append(sum(map(len, buffers)))
        return copy(source, buffers, offset, flags)

    copy = os.preadv
    assert len((store / "weights").read_bytes()) == SIZE
    monkeypatch.setattr("os.preadv", preadv)
    DirectoryStore(str(store), 2, copying=True).weights("weights", 0, "onnx").fetch([Range(0, SIZE)])
    assert sum(copied) < 10


@pytest.mark.parametrize("copying", [False, True])
def test_a_file_that_ends_too_early_is_named(store: Path, copying: bool) -> None:
    with pytest.raises(StoreError, match=rf"weights ends at byte {SIZE} of {SIZE + 7}"):
        DirectoryStore(str(store), 2, copying).weights("weights", 0, "onnx").fetch([Range(SIZE - 3, 10)])


@pytest.mark.parametrize(
    ("kind", "readers", "copying"),
    [("nfs4", NFS, False), ("fuse.seaweedfs", 1, False), ("ext4", IMAGE, True), ("", IMAGE, True)],
)
def test_a_file_system_is_read_as_it_suits_it(
    monkeypatch: pytest.MonkeyPatch, kind: str, readers: int, copying: bool
) -> None:
    monkeypatch.setattr(directory, "file_system", lambda path: kind)
    store = store_at("/model")
    assert (str(store.path), store.readers, store.copying) == ("/model", readers, copying)


def test_file_systems_have_the_kernels_names() -> None:
    assert file_system("/proc") == "proc"
    assert file_system("/")
