"""Feeds a reader mutated inputs, each within limits of time and memory, and returns those that it did not survive.

A reader runs in a forked process, so that a hang or a crash in native code is found like any exception.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import selectors
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

LIMIT_S = 2.0  # of processor time: a busy machine must not look like a hang
PATIENCE_S = 60.0  # of waiting for one that takes no processor time
LIMIT_BYTES = 1 << 29
_NUMBERS = (
    b"0", b"-1", b"1", b"0.0", b"-0.0", b"1e308", b"-1e308", b"1e999", b"NaN", b"-Infinity", b"2147483648",
    b"9223372036854775808", b"1000000000", b"1" * 5000, b'"12"', b"null", b"true", b"[]", b"[1]", b"{}",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 0.0, -0.0, 1e308, -1e308, 1e-320, 10**9, 10**18, 10**30, float("nan"), float("inf"),
    "", "12", "x" * 2000, "\ud800", "\u202e", "\x1b]0;t\x07", "../../x", [], [1, 2], [[]], [None], {}, {"a": 1},
)  # fmt: skip
_PIECES = (
    b"\xff\xfe",
    b"\x00",
    b"\xc3",
    b'"',
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b":",
    b"\n",
    b"\r",
    b"\\u0000",
    b"\xe2\x80\xae",
)


@dataclass(frozen=True)
class Reader:
    """Reads an input: `read` takes its bytes and returns, or raises one of `refuses`, the project's own errors."""

    name: str
    samples: Sequence[bytes]
    read: Callable[[bytes], object]
    refuses: tuple[type[BaseException], ...]


@dataclass(frozen=True)
class Failure:
    """An input that a reader did not survive: its number, what happened, and the input itself."""

    reader: str
    number: int
    what: str
    data: bytes


def mutate(data: bytes, rng: random.Random) -> bytes:
    """`data` with one to four changes: of bytes, of lines, of numbers, or of JSON values where there are any."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = rng.choice((_json_value, _json_value, _number, _bytes, _lines, _nested))(data, rng)
    return data


def input_of(reader: Reader, number: int, seed: int) -> bytes:
    """The mutated input of that number: always the same."""
    rng = random.Random(f"{seed}/{reader.name}/{number}")
    return mutate(rng.choice(reader.samples), rng)


def run(reader: Reader, count: int, seed: int) -> list[Failure]:
    """Read `count` mutated inputs; every one that raised, hung, took too much memory or killed the process."""
    failures: list[Failure] = []
    number = 0
    while number < count:
        number, what = _until_failure(reader, range(number, count), seed)
        if what:
            failures.append(Failure(reader.name, number, what, input_of(reader, number, seed)))
            number += 1
    return failures


def _until_failure(reader: Reader, numbers: range, seed: int) -> tuple[int, str]:
    """The first number that failed, and how; the end of `numbers` and "" if none did."""
    receiving, sending = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(receiving)
        _work(reader, numbers, seed, sending)
    os.close(sending)
    with os.fdopen(receiving, "rb", buffering=0) as pipe, selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        received = b""
        worker = psutil.Process(pid)
        since, used = time.monotonic(), _processor_s(worker)
        while True:
            if selector.select(LIMIT_S):
                chunk = pipe.read(65536)
                if not chunk:
                    break
                received = (received + chunk)[-10_000:]
                since, used = time.monotonic(), _processor_s(worker)
            elif _processor_s(worker) - used >= LIMIT_S or time.monotonic() - since >= PATIENCE_S:
                os.kill(pid, signal.SIGKILL)
                break
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    begun, _, said = received.decode(errors="replace").rpartition("#")[2].partition("!")
    if status == 0:
        return numbers.stop, ""
    how = {1: said, -signal.SIGKILL: f"no end within {LIMIT_S:g} s"}.get(status, f"the process died ({status})")
    return int(begun or numbers.start), how


def _processor_s(process: psutil.Process) -> float:
    """Processor time of the process and of those that it started and that have ended, in seconds."""
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def _work(reader: Reader, numbers: range, seed: int, pipe: int) -> None:
    """The forked process: says which number it begins, and ends at the first failure. Never returns."""
    status = 1
    try:
        with contextlib.suppress(OSError):
            used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + LIMIT_BYTES, resource.RLIM_INFINITY))
        for number in numbers:
            os.write(pipe, f"#{number}".encode())
            with contextlib.suppress(*reader.refuses):
                reader.read(input_of(reader, number, seed))
        status = 0
    except BaseException as error:
        os.write(pipe, b"!" + "".join(traceback.format_exception(error, limit=-3))[-2000:].replace("#", " ").encode())
    finally:
        os._exit(status)


def _json_value(data: bytes, rng: random.Random) -> bytes:
    """One value of a JSON document (or of one of its lines) replaced, removed or doubled."""
    lines = data.splitlines(keepends=True) if rng.random() < 0.5 else [data]
    at = rng.randrange(len(lines) or 1)
    try:
        changed = json.dumps(_changed(json.loads(lines[at]), rng)).encode()
    except (IndexError, ValueError, RecursionError):
        return _number(data, rng)
    return b"".join((*lines[:at], changed, b"\n", *lines[at + 1 :]))


def _changed(document: Any, rng: random.Random) -> Any:
    """Walk down to a random place and change the value there."""
    if not isinstance(document, dict | list) or not document or rng.random() < 0.1:
        return rng.choice(_VALUES)
    keys: Sequence[Any] = list(document) if isinstance(document, dict) else range(len(document))
    key = rng.choice(keys)
    what = rng.random()
    if what < 0.1:
        del document[key]
    elif what < 0.15 and isinstance(document, list):
        document.append(document[key])
    elif what < 0.2 and isinstance(document, dict):
        document[f"{key}x"] = document.pop(key)
    else:
        document[key] = _changed(document[key], rng)
    return document


def _number(data: bytes, rng: random.Random) -> bytes:
    """One run of digits replaced by another number, or by something else."""
    digits = [at for at in range(len(data)) if data[at : at + 1].isdigit() and not data[at - 1 : at].isdigit()]
    if not digits:
        return _bytes(data, rng)
    start = end = rng.choice(digits)
    while data[end : end + 1].isdigit():
        end += 1
    return data[:start] + rng.choice(_NUMBERS) + data[end:]


def _bytes(data: bytes, rng: random.Random) -> bytes:
    """A span removed, doubled, cut off, overwritten, or something put in between."""
    start, end = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
    end = min(end, start + rng.choice((1, 4, 64, len(data) + 1)))
    return rng.choice(
        (
            data[:start],
            data[:start] + data[end:],
            data[:end] + data[start:],
            data[:start] + rng.randbytes(min(end - start, 64)) + data[end:],
            data[:start] + rng.choice(_PIECES) + data[start:],
            data[:start]
            + bytes(byte ^ (1 << rng.randrange(8)) for byte in data[start : start + 1])
            + data[start + 1 :],
        )
    )


def _lines(data: bytes, rng: random.Random) -> bytes:
    """Two lines exchanged, one removed, one doubled, or a stranger among them."""
    lines = data.splitlines(keepends=True)
    if len(lines) < 2:
        return _bytes(data, rng)
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    what = rng.randrange(4)
    if what == 0:
        lines[a], lines[b] = lines[b], lines[a]
    elif what == 1:
        del lines[a]
    elif what == 2:
        lines.insert(b, lines[a])
    else:
        lines.insert(a, rng.choice((b"[1,2]\n", b"5\n", b"null\n", b"{}\n", b'"x"\n', b"\xff\n", b"\n")))
    return b"".join(lines)


def _nested(data: bytes, rng: random.Random) -> bytes:
    """Deep nesting put in somewhere, closed or not."""
    depth, at = rng.choice((10, 1000, 100_000)), rng.randrange(len(data) + 1)
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"(", b")")))
    return data[:at] + opening * depth + rng.choice((b"", b"1" + closing * depth)) + data[at:]
