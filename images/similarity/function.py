"""Chooses which of the two functions this environment is, by the variable SERVES."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from contract.environment import SEARCH, SERVES

if TYPE_CHECKING:
    from similarity.service import Service
    from similarity.stores import Store


def serve(store: Store) -> Service[Any]:
    """The function that the environment variable SERVES asks for: `search`, or everything if it is absent.

    Raises ValueError for any other value, which ends INIT: else a function that was meant to be light would load the
    model.
    """
    serves = os.environ.get(SERVES, "")
    if serves not in ("", SEARCH):
        raise ValueError(
            f"{SERVES} is {serves!r}: set it to {SEARCH}, or leave it out for a function that serves everything"
        )
    if serves:
        from similarity.search import SearchService

        return SearchService(store)
    from similarity.encoder import EncoderService

    return EncoderService(store)
