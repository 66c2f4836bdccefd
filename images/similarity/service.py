"""The Lambda function: starts loading when its module is imported, answers events, and says what happened when.

Here is what both kinds of function share: budgets, errors, the witnesses in the headers, the log. What they load and
answer is in `encoder` and `search`; `function` chooses.
"""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from contract import environment, headers
from contract.engines import ONNX
from contract.limits import API_TIMEOUT_S, INIT_S
from contract.phases import BOOT, HANDLER, IDLE, INIT, RESTORED, WAIT
from contract.routes import HEALTH, TEXT_TO_EMBED
from similarity.api import answer, request
from similarity.base import log
from similarity.base.errors import BadRequest, Replaced, ServiceError, Unavailable
from similarity.base.phases import Phases, since_process_start

if TYPE_CHECKING:
    from similarity.base.attempt import Attempt
    from similarity.bundle.manifest import Manifest
    from similarity.bundle.ranking import Index
    from similarity.stores import Store

INIT_BUDGET = INIT_S - 2.0  # seconds from the start of the process; Lambda runs an INIT that takes too long again
SNAPSHOT_BUDGET = 120.0  # seconds; Lambda ends an INIT before a snapshot after 130 (its runtime hooks for Python)
ANSWER_MARGIN = 1.0  # seconds of the function's time-out kept for the answer when it waits for the loader
API_LIMIT = API_TIMEOUT_S - 2.0  # seconds, INIT included; when the HTTP API gives up, it has less to say than we have


class Context(Protocol):
    """What the service uses of Lambda's context object."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class Loaded(Protocol):
    """Everything that any function has loaded before it answers."""

    @property
    def manifest(self) -> Manifest: ...

    @property
    def index(self) -> Index: ...


Model = TypeVar("Model", bound=Loaded)


@dataclass
class Call:
    """One invocation: Lambda's context, and what goes into the log."""

    context: Context
    phases: Phases
    route: str = ""
    tokens: int | None = None
    problem: str | None = None


class Service(ABC, Generic[Model]):
    """One execution environment of a function. `handle` is the Lambda handler."""

    SERVES: ClassVar[str]
    LOADS: ClassVar[str]  # in words
    ROUTES: ClassVar[tuple[str, ...]]

    def __init__(self, store: Store) -> None:
        """Start loading and wait for it as long as INIT may take; the first invocation reports any failure."""
        self._start_phases = Phases()
        boot = since_process_start()
        self._started = time.perf_counter() - boot / 1000
        self._start_phases.add(BOOT, boot, time.process_time() * 1000)
        with self._start_phases.span(INIT, time.process_time):
            self._store = store
            self._backend = os.environ[environment.STORAGE_BACKEND]
            self._prefix = os.environ.get(environment.ROUTE_PREFIX) or self._backend
            self._engine = os.environ.get(environment.ENGINE, ONNX)
            self._begin_environment()
            self._made = os.environ.get(environment.INITIALIZATION, "")
            self._loading = self._load(self._start_phases)
            self._loading.wait(max(0.0, INIT_BUDGET - boot / 1000))
        self._ready = time.perf_counter()
        if self._made == environment.SNAP_START:
            from similarity import snapshot

            self._made = ""  # until a restore has told this copy from the others
            snapshot.hook(self.before_snapshot, self.after_restore)

    def before_snapshot(self) -> None:
        """Wait until everything is loaded, and prime it. Raises ServiceError, so that Lambda takes no snapshot."""
        self._loading.wait(SNAPSHOT_BUDGET)
        if self._loading.error:
            raise self._loading.error
        if self._loading.model is None:
            raise Unavailable(f"the {self.LOADS} was not loaded within {SNAPSHOT_BUDGET:.0f} s")
        self._prime(self._loading.model)

    def after_restore(self) -> None:
        """Become an environment of its own, whose clocks begin now."""
        self._start_phases = Phases()
        with self._start_phases.span(RESTORED):
            self._begin_environment()
            self._store.fetched.take()  # read once, for all copies
            self._store.reopen()
            self._made = environment.SNAP_START
        self._started = self._ready = time.perf_counter()

    def _begin_environment(self) -> None:
        self._environment_id = os.urandom(16).hex()  # the module uuid takes 5 ms to import
        self._invocations = 0

    def _prime(self, model: Model) -> None:
        """Use what was loaded once; the default does nothing."""

    @abstractmethod
    def _load(self, phases: Phases) -> Attempt[Model]:
        """Begin an attempt to load."""

    @abstractmethod
    def _answer(self, wanted: request.Request, model: Model, call: Call) -> dict[str, Any]:
        """The envelope for a request to one of ROUTES except health; raises ServiceError."""

    def handle(self, event: object, context: Context) -> dict[str, Any]:
        """Answer one event; every failure becomes a status and a message."""
        if allowed := request.preflight(event, self._prefix):
            return answer.preflight(allowed)
        self._invocations += 1
        call = Call(context, self._start_phases if self._invocations == 1 else Phases())
        if self._invocations == 1:
            call.phases.add(IDLE, (time.perf_counter() - self._ready) * 1000)
        with call.phases.span(HANDLER):
            content, told = self._content(event, call)
        self._log(call, content["statusCode"])
        return answer.response(content, {**told, **self._witnesses(call)})

    def _content(self, event: object, call: Call) -> tuple[dict[str, Any], dict[str, str]]:
        """The envelope, and the headers of a failure."""
        try:
            wanted = request.parse(event, self._prefix)
            call.route = wanted.route
            if wanted.route not in self.ROUTES:
                raise BadRequest(self._elsewhere(wanted.route), 404)
            if wanted.route == HEALTH.name:
                return self._health(call), {}
            return self._answer(wanted, self._wait(call), call), {}
        except Replaced as error:
            self._loading.give_up(error)
            call.problem = str(error)
            return answer.failure(error.status, str(error)), error.headers
        except ServiceError as error:
            call.problem = str(error) if error.status >= 500 else None
            return answer.failure(error.status, str(error)), error.headers
        except Exception as error:  # our own fault: the environment lives on, the log has the trace
            log.fault(call.context.aws_request_id, error)
            return answer.failure(500, "the request could not be answered; the log says why"), {}

    def _elsewhere(self, route: str) -> str:
        ours = " and ".join(f"/{name}" for name in self.ROUTES)
        return (
            f"this function serves {ours}; /{route} is served by the encoder function, whose name has no -search "
            f"(over HTTP: exactly that path, with no slash at the end)"
        )

    def _health(self, call: Call) -> dict[str, Any]:
        """The present state. Never waits for a model or begins to load one."""
        model, error = self._loading.model, self._loading.error
        manifest = model.manifest if model else None
        state = answer.Health(
            status="failed" if error else "ok" if model else "loading",
            backend=self._backend,
            serves=self.SERVES,
            engine=self._engine,
            model=manifest.model if manifest else None,
            revision=manifest.revision if manifest else None,
            bundle_hash=manifest.source_hash if manifest else None,
            model_hash=manifest.model_hash if manifest else None,
            precision=manifest.precision if manifest else None,
            origin=manifest.origin if manifest else None,
            weights=manifest.weights if manifest else None,
            incidents=len(model.index) if model else None,
            title=manifest.collection.title if manifest else None,
            transliterates=manifest.collection.transliterate if manifest else None,
            encoder_loaded=model is not None and self._encodes(),
            index_loaded=model is not None,
        )
        call.problem = str(error) if error else None
        return answer.health(state, call.problem)

    def _encodes(self) -> bool:
        return TEXT_TO_EMBED.name in self.ROUTES

    def _wait(self, call: Call) -> Model:
        """The loaded model; waits for loading, which continues if an invocation cannot wait long enough."""
        with call.phases.span(WAIT):
            self._retry(call)
            spent = self._ready - self._started if self._invocations == 1 else 0.0  # INIT is the client's time, too
            remaining = call.context.get_remaining_time_in_millis() / 1000 - ANSWER_MARGIN
            self._loading.wait(max(0.0, min(remaining, API_LIMIT - spent)))
        if self._loading.error:
            raise self._loading.error
        if self._loading.model is None:
            raise Unavailable(f"the {self.LOADS} is still being loaded; ask again")
        return self._loading.model

    def _retry(self, call: Call) -> None:
        """Start again after a failure, which is reported only once."""
        if self._loading.error and self._invocations > 1:
            self._loading = self._load(call.phases)

    def _witnesses(self, call: Call) -> dict[str, str]:
        """Headers that prove which environment answered, in which state, and where its time went."""
        model = self._loading.model
        fetched_bytes, fetches = self._store.fetched.take()
        return {
            headers.ENVIRONMENT_ID: self._environment_id,
            headers.INVOCATION: str(self._invocations),
            headers.CONFIG_NONCE: os.environ.get(environment.CONFIG_NONCE, ""),
            headers.STORAGE_BACKEND: self._backend,
            headers.ENGINE: self._engine,
            headers.BUNDLE_HASH: model.manifest.source_hash if model else "",
            headers.WEIGHTS: model.manifest.weights if model else "",
            headers.FETCHED_BYTES: str(fetched_bytes),
            headers.FETCHES: str(fetches),
            headers.REQUEST_ID: call.context.aws_request_id,
            headers.LOG_STREAM: os.environ.get(environment.LOG_STREAM, ""),
            headers.SERVER_TIMING: call.phases.server_timing(),
            **self._made_otherwise(),
        }

    def _made_otherwise(self) -> dict[str, str]:
        """Headers of an environment that Lambda did not make on demand."""
        if self._made in ("", environment.ON_DEMAND):
            return {}
        version = os.environ.get(environment.FUNCTION_VERSION, "")
        return {headers.INITIALIZATION: self._made, headers.FUNCTION_VERSION: version}

    def _log(self, call: Call, status: int) -> None:
        log.access(
            log.Access(
                request_id=call.context.aws_request_id,
                backend=self._backend,
                serves=self.SERVES,
                route=call.route,
                status=status,
                cold=self._invocations == 1,
                restored=self._made == environment.SNAP_START,
                invocation=self._invocations,
                tokens=call.tokens,
                problem=call.problem,
                phases=call.phases.durations(),
            )
        )
