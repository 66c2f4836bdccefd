"""Evicting files from the page cache and reading them into it."""

from __future__ import annotations

import mmap
from pathlib import Path

import pytest

from lab.host.page_cache import Change, Part, evict, fill, resident


@pytest.mark.parametrize("size", [0, 1, 4096, 4097, 3_000_000])
def test_evicted_files_are_not_resident(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)  # dirty pages cannot be dropped, so this also checks that they are written first
    pages = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
    assert resident(path) == pages
    done = evict([path])
    assert (done.before, done.after) == (pages, 0)
    assert path.read_bytes() == b"x" * size


def test_what_a_process_has_locked_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1_000_000)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as view:
        assert view[999_999] == ord("x")  # mapped and touched: the kernel keeps such a page
        assert evict([path]).after > 0
    assert evict([path]).after == 0


def test_filled_files_are_resident(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 10_000_000)
    evict([path])
    done = fill([path])
    assert done.before == 0
    assert done.after == resident(path) >= 10_000_000


def test_parts_of_a_file_come_and_go_and_little_else_does(tmp_path: Path) -> None:
    path, page, mb = tmp_path / "file", mmap.PAGESIZE, 1 << 20
    path.write_bytes(b"x" * (20 * mb + 1))
    middle, tail = Part(path, 8 * mb + 5, 11 * mb + 1), Part(path, 20 * mb)
    assert (resident(middle), resident(tail)) == (3 * mb + page, page)
    assert evict([middle]).after == 0
    assert 16 * mb <= resident(path) <= 17 * mb + page, "whole folios, of 2 MB at most"
    assert evict([tail]) == Change(page, 0)
    evict([path])
    done = fill([middle])
    assert (done.before, done.after) == (0, 3 * mb + page)
    assert resident(Part(path, 0, 6 * mb)) == 0


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        evict([tmp_path / "nothing"])
