"""The tokenizer's process gives the library's own ids for any text, and leaves nothing, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import bundle as files
from similarity.loading import tokenizer_process
from similarity.loading.tokenizer_process import TokenizerProcess
from similarity.loading.tokens import Tokenizer
from similarity.stores.directory import DirectoryStore

LONGEST = 4096


@pytest.fixture(scope="module")
def description(tiny_bundle: Path) -> bytes:
    return DirectoryStore(str(tiny_bundle), 1).read(files.TOKENIZER)


@pytest.fixture(scope="module")
def library(description: bytes) -> tokenizers.Tokenizer:
    return tokenizers.Tokenizer.from_str(description.decode())


@pytest.fixture(scope="module")
def shared(description: bytes) -> Iterator[TokenizerProcess]:
    process = TokenizerProcess()
    process.load(description)
    yield process
    process.close()


def exists(pid: int) -> bool:
    """Whether the process is there, be it as a zombie."""
    return Path(f"/proc/{pid}").exists()


@settings(max_examples=200, deadline=None)
@given(text=st.text() | st.text("abc <s>/pad\n\u00e9\U0001f916", max_size=300))
def test_any_text_has_the_librarys_ids(shared: TokenizerProcess, library: tokenizers.Tokenizer, text: str) -> None:
    assert shared.ids(text) == library.encode(text).ids


def test_a_text_larger_than_any_pipe(shared: TokenizerProcess, library: tokenizers.Tokenizer) -> None:
    text = "the robot " * 200_000
    assert shared.ids(text) == library.encode(text).ids


def test_a_text_meets_the_limit_as_in_one_process(shared: TokenizerProcess, description: bytes) -> None:
    beside, alone = Tokenizer(description, 10, shared), Tokenizer(description, 10)
    for text in ("", "a", "many words " * 50):
        assert beside.encode(text) == alone.encode(text)
    assert beside.encode("many words " * 50).cut


def test_when_it_dies_the_tokenizer_goes_on_without_it(description: bytes) -> None:
    process = TokenizerProcess()
    process.load(description)
    tokenizer = Tokenizer(description, LONGEST, process)
    before = tokenizer.encode("a robot arm")
    os.kill(process.pid, signal.SIGKILL)
    assert tokenizer.encode("a robot arm") == before
    assert not exists(process.pid)
    assert tokenizer.encode("a robot arm") == before  # and it does not ask it again


@pytest.mark.parametrize("text", ["a robot arm", "more than a pipe holds " * 10_000])
def test_when_it_hangs_the_tokenizer_goes_on_without_it(
    description: bytes, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = TokenizerProcess()
    process.load(description)
    tokenizer = Tokenizer(description, LONGEST, process)
    before = tokenizer.encode(text)
    monkeypatch.setattr(tokenizer_process, "PATIENCE", 0.2)
    os.kill(process.pid, signal.SIGSTOP)
    assert tokenizer.encode(text) == before
    assert not exists(process.pid)


def test_one_that_could_not_load_does_not_stop_the_parent(description: bytes) -> None:
    process = TokenizerProcess()
    process.load(b"{")
    assert Tokenizer(description, LONGEST, process).encode("a robot arm").ids


def test_closing_leaves_no_process_and_no_zombie() -> None:
    process = TokenizerProcess()
    process.close()
    assert not exists(process.pid)


def test_one_that_hangs_holds_nobody_up_at_the_end(description: bytes) -> None:
    process = TokenizerProcess()
    process.load(description)
    process.ids("it is running")
    os.kill(process.pid, signal.SIGSTOP)
    process.close()
    assert not exists(process.pid)


def test_it_has_no_file_of_its_parent_open(tmp_path: Path, description: bytes) -> None:
    with (tmp_path / "socket").open("wb") as file:
        os.set_inheritable(file.fileno(), True)
        process = TokenizerProcess()
        process.load(description)
        process.ids("it is running")
        assert sorted(path.name for path in Path(f"/proc/{process.pid}/fd").iterdir()) == ["0", "1", "2"]
        process.close()


PARENT = """
import time
from similarity.loading.tokenizer_process import TokenizerProcess
process = TokenizerProcess()
print(process.pid, flush=True)
time.sleep(60)
"""


def test_it_does_not_outlive_a_parent_that_was_killed() -> None:
    environment = {**os.environ, "PYTHONPATH": "images"}
    with subprocess.Popen([sys.executable, "-c", PARENT], env=environment, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert exists(child)
        parent.kill()
    deadline = time.monotonic() + 60
    while exists(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not exists(child)
