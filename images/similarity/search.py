"""The search function, nearest incidents of a vector and health: it reads the index and never the weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from contract import bundle as files
from contract.environment import SEARCH
from contract.limits import MAX_RESULTS
from contract.phases import FETCH, IMPORT, LOAD, RANK
from contract.routes import EMBED_TO_DB, NEED_INDEX
from similarity.api import answer
from similarity.base.attempt import Attempt
from similarity.base.errors import BadRequest, StoreError
from similarity.base.parallel import Task, for_each
from similarity.bundle.manifest import PLACE, check, parse
from similarity.service import Call, Loaded, Service

if TYPE_CHECKING:
    import numpy as np

    from similarity.api.request import Request
    from similarity.base.phases import Phases
    from similarity.bundle.manifest import Collection, Manifest
    from similarity.bundle.ranking import Index, Match
    from similarity.stores import Store

HEALTH_WAIT = 2.0  # seconds for an index that is read again


@dataclass(frozen=True)
class Incidents:
    """All that a search needs."""

    manifest: Manifest
    index: Index


class SearchService(Service[Incidents]):
    """Reads the incident index at INIT and answers for vectors."""

    SERVES: ClassVar[str] = SEARCH
    LOADS: ClassVar[str] = "incident index"
    ROUTES: ClassVar[tuple[str, ...]] = NEED_INDEX

    def _load(self, phases: Phases) -> IndexLoading:
        return IndexLoading(self._store, phases)

    def _answer(self, wanted: Request, model: Incidents, call: Call) -> dict[str, Any]:
        return ANSWERS[wanted.route](wanted, model, call)

    def _health(self, call: Call) -> dict[str, Any]:
        """Read a failed index again, or a monitor that asks for nothing else would never see it recover."""
        if self._loading.error:
            self._retry(call)
            self._loading.wait(HEALTH_WAIT)
        return super()._health(call)


class IndexLoading(Attempt[Incidents]):
    """One attempt to read the index: the import of numpy and the I/O side by side."""

    WHAT = "incident index"

    def __init__(self, store: Store, phases: Phases) -> None:
        super().__init__()
        self._store = store
        self._phases = phases
        self._begin()

    def _load(self) -> Incidents:
        fetched = Task(self._fetch)
        with self._phases.span(IMPORT):
            from similarity.bundle.ranking import Index
        read = fetched.result()
        with self._phases.span(LOAD):
            manifest = parse(read[files.MANIFEST])
            manifest.check_index()
            for name in (files.VECTORS, files.INCIDENTS):
                if name not in manifest.files:
                    raise StoreError(name, "is not in the manifest")
                check(manifest.files[name], name, read[name])
            return Incidents(manifest, Index(read[files.VECTORS], read[files.INCIDENTS]))

    def _fetch(self) -> dict[str, bytes]:
        read: dict[str, bytes] = {}
        names = (files.MANIFEST, files.VECTORS, files.INCIDENTS)
        with self._phases.span(FETCH):
            for_each(lambda name: read.update({name: self._store.read(name)}), names, threads=len(names))
        return read


def by_vector(wanted: Request, model: Loaded, call: Call) -> dict[str, Any]:
    """The incidents nearest to the vector of the request; raises BadRequest where it has the wrong length."""
    import numpy as np

    hidden = model.manifest.hidden
    if len(wanted.embed) != hidden:
        raise BadRequest(f"embed has {len(wanted.embed)} numbers, the vectors of {model.manifest.model} have {hidden}")
    warnings = list(wanted.warnings)
    vector = np.array(wanted.embed)
    peak = float(np.abs(vector).max())
    if peak == 0:
        warnings.append("All numbers of embed are 0: it has no direction, every similarity is 0.")
    # Scaling by a power of two changes no digit and keeps squares within float32, whatever the vector's length.
    scaled = np.ldexp(vector, -math.frexp(peak)[1]).astype(np.float32)
    return nearest(scaled, model, wanted.num, call, warnings)


def nearest(vector: np.ndarray, model: Loaded, num: int, call: Call, warnings: list[str]) -> dict[str, Any]:
    """The envelope with the `num` incidents nearest to float32[hidden] `vector` (all if negative), as many as fit."""
    index = model.index
    wanted = len(index) if num < 0 else min(num, len(index))
    with call.phases.span(RANK):
        matches = index.nearest(vector, min(wanted, MAX_RESULTS))
    shown = matches[: answer.passable(matches)]
    if len(shown) < wanted:
        warnings.append(f"The index has {len(index)} incidents; the nearest {len(shown)} are given.")
    best_url = _best_url(shown[0], model.manifest.collection) if shown else None
    return answer.similar(shown, best_url, warnings)


def _best_url(best: Match, collection: Collection) -> str | None:
    """The address of the best match: the one that its collection makes, else its own."""
    return collection.best_url.replace(PLACE, str(best.incident_id)) or best.url


# What answers each route that needs no model; health is the service's own.
ANSWERS: dict[str, Callable[[Request, Loaded, Call], dict[str, Any]]] = {EMBED_TO_DB.name: by_vector}
