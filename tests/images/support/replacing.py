"""Replaces a bundle by another one at a chosen request, and collects the function's answers meanwhile."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from contract import bundle as files
from contract.bundle import source_hash
from similarity.bundle import safetensors_header
from similarity.bundle.byte_ranges import needed_tensors
from similarity.encoder import EncoderService
from similarity.stores.bucket import BucketStore
from tests.images.support.objects import Bundle, Script, Turn, served, steady


def publish(bundle: Bundle, directory: Path, in_place: bool) -> None:
    """Write the weights and then the manifest, into the files that are there or over their names."""
    for name in (files.WEIGHTS, files.MANIFEST):
        if in_place:
            with (directory / name).open("r+b") as file:
                file.write(bundle[name])
                file.truncate()
        else:
            (directory / "new").write_bytes(bundle[name])
            (directory / "new").rename(directory / name)


def replaced(before: Bundle, after: Bundle, at: int, order: Sequence[str] = (), gap: int = 0) -> Script:
    """The bundle is replaced at request `at`: at once, or one object every `gap` requests in this order."""

    def script(number: int, name: str) -> Turn:
        if number < at:
            return Turn(before)
        kept = order[1 + (number - at) // gap :] if gap else ()
        return Turn({**after, **{name: before[name] for name in kept}})

    return script


class Context:
    """Lambda's context."""

    aws_request_id = "r"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def read(directory: Path) -> dict[str, bytes]:
    """A bundle's files."""
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def other(bundle: Bundle) -> dict[str, bytes]:
    """A bundle of the same shapes and sizes whose encoder has other values: only its sums tell them apart."""
    header = safetensors_header.parse(bundle[files.WEIGHTS][: 1 << 16])
    start = min(tensor.offset for tensor in header.tensors.values())
    values = np.frombuffer(bundle[files.WEIGHTS], np.float32, offset=start) * np.float32(1.25)
    changed = {**bundle, files.WEIGHTS: bundle[files.WEIGHTS][:start] + values.tobytes()}
    fields = json.loads(bundle[files.MANIFEST])
    fields["files"][files.WEIGHTS]["sha256"] = hashlib.sha256(changed[files.WEIGHTS]).hexdigest()
    parts = sorted((header.tensors[name] for name in needed_tensors(header)), key=lambda tensor: tensor.offset)
    needed = b"".join(changed[files.WEIGHTS][part.offset : part.offset + part.size] for part in parts)
    fields["encoder_sha256"] = hashlib.sha256(needed).hexdigest()
    fields["source_hash"] = source_hash({name: files.File(**file) for name, file in fields["files"].items()})
    fields["embedded_by"] = ""  # an index that names the model it was embedded by would refuse this one
    return {**changed, files.MANIFEST: json.dumps(fields).encode()}


def service() -> EncoderService:
    """A new environment of the function: its process, in this one."""
    return EncoderService(BucketStore("models", "tiny"))


def ask(function: EncoderService, text: str) -> tuple[int, str, str]:
    """Status, bundle and body of an answer with the text's vector."""
    answer = function.handle({"route": "text-to-embed", "text": text}, Context())
    return answer["statusCode"], answer["headers"]["X-Bundle-Hash"], answer["body"]


TEXTS = ("a robot", "a car hit a worker", "the camera saw nobody")


def answers(bundle: Bundle) -> dict[str, tuple[int, str, str]]:
    """The answers of a function over this bundle alone."""
    with served(steady(bundle)):
        function = service()
        given = {text: ask(function, text) for text in TEXTS}
    assert [status for status, _, _ in given.values()] == [200] * len(TEXTS)
    return given


def requests_of(bundle: Bundle, texts: Sequence[str]) -> int:
    """Requests that a start and the answers take."""
    with served(steady(bundle)) as server:
        function = service()
        for text in texts:
            ask(function, text)
        return len(server.asked)


def mixtures(script: Script, after: Bundle, right: list[dict[str, tuple[int, str, str]]]) -> list[str]:
    """The faults while the script ran: before and after a restart with the same /tmp, and after recovery.

    `right` has the `answers` of the bundle before and of the one `after`, which is there for good at the restart.
    """
    wrong = []
    with served(script) as server:
        for start in ("start", "restart"):
            function = service()
            for text in TEXTS:
                got = ask(function, text)
                if got[0] != 503 and got not in [known[text] for known in right]:
                    wrong.append(f"{start}, {text!r}: {got[0]}, of neither bundle")
            server.script = steady(after)
        ask(function, "some words that were not asked before")
        if ask(function, TEXTS[0])[:2] != right[1][TEXTS[0]][:2]:
            wrong.append("did not recover")
    return wrong
