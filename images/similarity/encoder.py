"""The encoder function, which answers all routes: it has the whole model, and embeds texts."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from contract.bundle import WEIGHTS
from contract.phases import ENCODE, TOKENIZE
from contract.routes import ROUTES, SIMILAR, TEXT_TO_DB, TEXT_TO_EMBED
from similarity import search
from similarity.api import answer, fields
from similarity.api.plain_text import to_ascii
from similarity.base.errors import StoreError
from similarity.loading.loader import Loader, Model
from similarity.service import Call, Service

if TYPE_CHECKING:
    import numpy as np

    from similarity.api.request import Request
    from similarity.base.phases import Phases

PRIMING_TEXT = "A robot hurt a worker"


class EncoderService(Service[Model]):
    """Loads the model at INIT and answers every route."""

    SERVES: ClassVar[str] = "encoder"
    LOADS: ClassVar[str] = "model"
    ROUTES: ClassVar[tuple[str, ...]] = tuple(ROUTES)

    def _load(self, phases: Phases) -> Loader:
        return Loader(self._store, self._engine, phases)

    def _prime(self, model: Model) -> None:
        """Encode once, so that code, weights and sessions are in the snapshot as they are after a first answer."""
        model.tokenizer.be_alone()
        model.index.nearest(model.engine.encode(model.tokenizer.encode(PRIMING_TEXT).ids), 1)

    def _answer(self, wanted: Request, model: Model, call: Call) -> dict[str, Any]:
        return ANSWERS[wanted.route](wanted, model, call)


def by_text(wanted: Request, model: Model, call: Call) -> dict[str, Any]:
    """The incidents nearest to the text of the request."""
    warnings = list(wanted.warnings)
    vector = _encode(_plain(wanted.text, model), model, call, warnings)
    return search.nearest(vector, model, wanted.num, call, warnings)


def embed(wanted: Request, model: Model, call: Call) -> dict[str, Any]:
    """The vector of the text of the request, and the hash of the text that was embedded."""
    text, warnings = _plain(wanted.text, model), list(wanted.warnings)
    vector = _encode(text, model, call, warnings)
    text_hash = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()  # AIID's own choice
    return answer.embedding(vector.tolist(), text_hash, warnings)


def _plain(text: str, model: Model) -> str:
    """The text in the form in which the index's were embedded; raises BadRequest if it is too long in ASCII."""
    if not model.manifest.collection.transliterate:
        return text
    plain = to_ascii(text)
    fields.check_length(plain)
    return plain


def _encode(text: str, model: Model, call: Call, warnings: list[str]) -> np.ndarray:
    """float32[hidden], the vector of a plain text; adds warnings."""
    if not text.strip():
        warnings.append("Nothing of the text can be written in ASCII: the result is that of an empty text.")
    with call.phases.span(TOKENIZE):
        tokens = model.tokenizer.encode(text)
    call.tokens = len(tokens.ids)
    if tokens.cut:
        read = len(tokens.ids)
        warnings.append(f"The text has {tokens.whole} tokens, the model reads {read}: the rest was left out.")
    with call.phases.span(ENCODE, time.process_time):
        model.weights.check()
        vector = model.engine.encode(tokens.ids)
        model.weights.check()
    if not math.isfinite(float(vector.sum())):
        raise StoreError(WEIGHTS, "is damaged: the encoder's answer is not a number")
    return vector


# What answers each route; health is the service's own.
ANSWERS: dict[str, Callable[[Request, Model, Call], dict[str, Any]]] = {
    SIMILAR.name: by_text,
    TEXT_TO_DB.name: by_text,
    TEXT_TO_EMBED.name: embed,
    **search.ANSWERS,
}
