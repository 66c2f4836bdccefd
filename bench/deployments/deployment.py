"""Says what the benchmark needs to know of a deployment, in the lab or on AWS, and puts it into a run's records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from bench.process.errors import UsageError
from bench.runs.foreign import OWN, witnesses_of
from bench.runs.plan import function_name
from bench.runs.shapes import Shape
from contract.precisions import FP32
from contract.routes import SIMILAR


@dataclass(frozen=True)
class Backend:
    """One function under test; `storage` is one honest sentence about the place of its weights.

    `mode` is what a stack deployed the storage in, if there is a choice, and `provisioned_mibps` what it pays for.
    `bundle_hash`, `bundle_bytes` and `agreement` with fp32 are set where a run compares precisions.
    A function that is not ours says which `witnesses` it has; ours have all, and None here. It is asked at its `path`.
    `alias` answers from snapshots of published versions.
    """

    name: str
    function_name: str
    log_group: str
    storage: str
    mode: str | None = None
    provisioned_mibps: int = 0
    path: str | None = None
    witnesses: tuple[str, ...] | None = None
    bundle_hash: str | None = None
    bundle_bytes: int | None = None
    agreement: Mapping[str, float] | None = None
    alias: str | None = None

    @property
    def route(self) -> str:
        """The path of a measured request."""
        return self.path or f"/{self.name}/{SIMILAR.name}"


@dataclass(frozen=True)
class Served:
    """A model of a deployment, its `backends` by their own names; `origin` is the same for all its precisions."""

    precision: str
    origin: str
    bundle_hash: str
    bundle_bytes: int | None
    weights: str
    backends: tuple[Backend, ...]
    agreement: Mapping[str, float] | None


@dataclass(frozen=True)
class Deployment:
    """What the benchmark needs to know about a target. `endpoint_url` and `access_key` are a lab's.

    `cache_policy`, `memory_enforcement`, `images` and `shape` are a lab's settings; `primed`, a stack's, says that
    the functions were asked already after each deployment. `bundle_bytes` is None in outputs of earlier versions.
    `models` are all that it serves, of which the first is what the fields before describe; `origin` is the same for all
    precisions of that one.
    `login` is the user and password that the address of the API held: the addresses here hold none.
    """

    kind: str
    api_url: str
    region: str
    auth_mode: str
    bundle_hash: str
    weights: str
    engine: str
    architecture: str
    endpoint_url: str | None
    backends: tuple[Backend, ...]
    cache_policy: str | None = None
    memory_enforcement: str | None = None
    images: str | None = None
    shape: Shape | None = None
    primed: bool = False
    bundle_bytes: int | None = None
    origin: str = ""
    models: tuple[Served, ...] = field(default=(), repr=False)
    login: tuple[str, str] | None = field(default=None, repr=False)
    access_key: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def is_lab(self) -> bool:
        """Whether the figures are a local machine's, not AWS's."""
        return self.kind == "lab"

    def backend(self, name: str) -> Backend:
        """The backend of that name. Raises UsageError when it is not deployed."""
        for backend in self.backends:
            if backend.name == name:
                return backend
        known = ", ".join(b.name for b in self.backends)
        raise UsageError(f"backend {name!r} is not deployed; this target has {known}")

    @property
    def precisions(self) -> tuple[str, ...]:
        """Those in which its first model is deployed, its own first."""
        return tuple(self._in_each_precision())

    def _in_each_precision(self) -> dict[str, Served]:
        """The first model in each precision; where there are two of one, the one that is named first."""
        first, *others = self.models
        found = {first.precision: first}
        for each in others:
            if first.origin and each.origin == first.origin:
                found.setdefault(each.precision, each)
        return found

    def in_precisions(self, wanted: Sequence[str]) -> Deployment:
        """The same with the functions of its first model in these precisions, named as a run names them.

        Raises UsageError for one that is not deployed.
        """
        if not self.models:
            return self  # as a run recorded it
        found = self._in_each_precision()
        for precision in wanted:
            if precision not in found:
                raise UsageError(_not_deployed(precision, tuple(found)))
        if tuple(wanted) == (FP32,) and self.models[0].precision == FP32:
            return self
        head = found[wanted[0]]
        return replace(
            self,
            bundle_hash=head.bundle_hash,
            bundle_bytes=head.bundle_bytes,
            weights=head.weights,
            backends=tuple(backend for precision in wanted for backend in _functions(found[precision])),
        )

    def must_have(self, names: Sequence[str], engine: str) -> None:
        """Raise UsageError unless these are deployed, and are functions of yours exactly where the engine is `own`."""
        for name in names:
            if (self.backend(name).witnesses is not None) != (engine == OWN):
                raise UsageError(
                    f"{name} is a function of yours: name it with --functions"
                    if engine != OWN
                    else f"{name} is not described as a function of yours: give it path and witnesses in the outputs"
                )

    def recorded(self) -> dict[str, Any]:
        """The part that belongs in the results: everything except credentials."""
        values = asdict(self)
        for name in ("login", "access_key", "models"):
            values.pop(name)
        shape = self.shape and self.shape.model_dump()
        return {**values, "shape": shape, "bundleHash": self.bundle_hash}


def _not_deployed(precision: str, found: Sequence[str]) -> str:
    """What to do about a precision that a deployment lacks."""
    return (
        f"the precision {precision} is not deployed; this target has {', '.join(found)} of its first model: ask for "
        f"that with --precision {found[0]}, or deploy as a further model the bundle that "
        f"`python -m model build --precision {precision}` makes"
    )


def _functions(model: Served) -> Iterator[Backend]:
    """A model's functions, named as a run names them, each with what its bundle is."""
    for backend in model.backends:
        yield replace(
            backend,
            name=function_name(backend.name, model.precision),
            path=backend.route,
            bundle_hash=model.bundle_hash,
            bundle_bytes=model.bundle_bytes,
            agreement=model.agreement,
        )


def deployment_of(recorded: Mapping[str, Any]) -> Deployment:
    """The deployment that a session recorded. Raises UsageError if the record is too old to name all of it."""
    named = {item.name: recorded[item.name] for item in fields(Deployment) if item.name in recorded}
    try:
        shape = named.get("shape") and Shape.model_validate(named["shape"])
        witnesses = witnesses_of(recorded)
        backends = tuple(Backend(**{**item, "witnesses": witnesses.get(item["name"])}) for item in named["backends"])
        return Deployment(**{**named, "shape": shape, "backends": backends})
    except (KeyError, TypeError) as error:
        raise UsageError("the run does not say where its target is; name it with --stack or --outputs") from error
