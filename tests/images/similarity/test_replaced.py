"""A store that changes under a function: each answer is of one bundle, and the function recovers without a restart."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract import bundle as files
from similarity.encoder import EncoderService
from similarity.stores import directory
from similarity.stores.directory import DirectoryStore, FileWeights
from tests.images.support import replacing
from tests.images.support.objects import served, steady


def test_a_bundle_replaced_at_any_request_is_never_mixed(tiny_bundle: Path) -> None:
    before = replacing.read(tiny_bundle)
    after = replacing.other(before)
    right = [replacing.answers(before), replacing.answers(after)]
    for at in range(replacing.requests_of(before, replacing.TEXTS) + 1):
        assert replacing.mixtures(replacing.replaced(before, after, at), after, right) == [], at


@pytest.mark.parametrize("order", [(files.WEIGHTS, files.MANIFEST), (files.MANIFEST, files.WEIGHTS)])
@pytest.mark.parametrize("gap", [2, 1000])
def test_a_bundle_replaced_one_object_at_a_time_is_never_mixed_where_sums_are_compared(
    tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch, order: tuple[str, ...], gap: int
) -> None:
    """Also if a whole start lies between the two objects: only a sum shows that they do not belong together."""
    monkeypatch.setenv("VERIFY_WEIGHTS", "1")
    before = replacing.read(tiny_bundle)
    after = replacing.other(before)
    right = [replacing.answers(before), replacing.answers(after)]
    for at in range(replacing.requests_of(before, ()) + 1):
        assert replacing.mixtures(replacing.replaced(before, after, at, order, gap), after, right) == [], at


@pytest.mark.parametrize("in_place", [True, False])
def test_a_replaced_file_of_a_directory_is_loaded_anew(
    tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_place: bool
) -> None:
    monkeypatch.setenv("STORAGE_BACKEND", "s3")
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    after = replacing.other(replacing.read(bundle))
    function = EncoderService(DirectoryStore(str(bundle), 4))
    first = replacing.ask(function, "a robot")
    replacing.publish(after, bundle, in_place)
    assert (first[0], replacing.ask(function, "a robot")[0]) == (200, 503)
    assert replacing.ask(function, "a robot") == replacing.answers(after)["a robot"]


@pytest.mark.parametrize("in_place", [True, False])
def test_a_directory_replaced_at_any_step_of_a_start_is_never_mixed(
    tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_place: bool
) -> None:
    monkeypatch.setenv("STORAGE_BACKEND", "efs")
    before = replacing.read(tiny_bundle)
    after = replacing.other(before)
    right = [replacing.answers(before), replacing.answers(after)]
    steps = Steps(monkeypatch)
    reached = at = 0
    while at <= reached:  # until the bundle was replaced after the last step
        place = Path(shutil.copytree(tiny_bundle, tmp_path / f"{in_place}-{at}"))
        steps.begin(at, lambda place=place: replacing.publish(after, place, in_place))  # type: ignore[misc]
        function = EncoderService(DirectoryStore(str(place), 1))
        first = replacing.ask(function, replacing.TEXTS[0])
        reached = max(reached, steps.taken)
        assert first[0] == 503 or first in [known[replacing.TEXTS[0]] for known in right], at
        steps.end()
        answers = [replacing.ask(function, replacing.TEXTS[0]) for _ in range(2)]
        assert answers[-1] == right[1][replacing.TEXTS[0]], at
        at += 1
    assert at > 10


class Steps:
    """Counts a start's accesses to a directory, and does something before a chosen one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._lock = threading.RLock()
        self._pending: Callable[[], None] | None = None
        self._at = self.taken = 0
        for where, name in (
            (DirectoryStore, "read"), (FileWeights, "__init__"), (FileWeights, "read"), (FileWeights, "fetch"),
            (FileWeights, "check"), (directory, "_send"),
        ):  # fmt: skip
            monkeypatch.setattr(where, name, self._counted(getattr(where, name)))

    def begin(self, at: int, action: Callable[[], None]) -> None:
        self.taken, self._at, self._pending = 0, at, action

    def end(self) -> None:
        """Do it now, unless it was done already."""
        with self._lock:
            action, self._pending = self._pending, None
            if action:
                action()

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            with self._lock:
                if self.taken == self._at:
                    self.end()
                self.taken += 1
                return function(*arguments, **named)

        return step


def test_verification_refuses_weights_of_another_bundle(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = replacing.read(tiny_bundle)
    mixed = {**bundle, files.WEIGHTS: replacing.other(bundle)[files.WEIGHTS]}
    monkeypatch.setenv("VERIFY_WEIGHTS", "1")
    with served(steady(bundle)):
        assert replacing.ask(replacing.service(), "a robot")[0] == 200
    with served(steady(mixed)):
        status, _, body = replacing.ask(replacing.service(), "a robot")
    assert status == 503
    assert "the sha256 of its tensors is another" in body
