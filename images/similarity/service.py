"""The Lambda function: starts loading when its module is imported, answers events, and says what happened when."""

from __future__ import annotations

import math
import os
import time
import uuid
from typing import TYPE_CHECKING, Any, Protocol

from similarity import answer, log, request
from similarity.errors import BadRequest, ServiceError, StoreError, Unavailable
from similarity.loader import Loader, Model
from similarity.manifest import WEIGHTS
from similarity.phases import Phases, since_process_start

if TYPE_CHECKING:
    from similarity.stores import Store

INIT_BUDGET = 8.0  # seconds from the start of the process; Lambda ends INIT after 10 s and then runs it again
ANSWER_MARGIN = 1.0  # seconds of the function's time-out kept for the answer when it waits for the loader
MAX_RESULTS = 5_000  # in one answer, which Lambda limits to 6 MB
API_LIMIT = 28.0  # seconds; the HTTP API gives up after 30 s, INIT included, with less to say than we have


class Context(Protocol):
    """What the service uses of Lambda's context object."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class Service:
    """One execution environment of the function. `handle` is the Lambda handler."""

    def __init__(self, store: Store) -> None:
        """Start loading and wait for it as long as INIT may take; whatever fails is told to the first invocation."""
        self._start_phases = Phases()
        boot = since_process_start()
        self._started = time.perf_counter() - boot / 1000
        self._start_phases.add("boot", boot)
        with self._start_phases.span("init"):
            self._store = store
            self._backend = os.environ["STORAGE_BACKEND"]
            self._engine = os.environ.get("ENGINE", "onnx")
            self._environment_id = str(uuid.uuid4())
            self._invocations = 0
            self._loader = Loader(store, self._engine, self._start_phases)
            self._loader.wait(max(0.0, INIT_BUDGET - boot / 1000))
        self._ready = time.perf_counter()

    def handle(self, event: object, context: Context) -> dict[str, Any]:
        """Answer one event; every failure becomes a status and a message."""
        if request.is_preflight(event):
            return {"statusCode": 204, "headers": {"Allow": ", ".join(request.METHODS)}}
        self._invocations += 1
        phases = self._start_phases if self._invocations == 1 else Phases()
        if self._invocations == 1:
            phases.add("idle", (time.perf_counter() - self._ready) * 1000)
        headers: dict[str, str] = {}
        with phases.span("handler"):
            try:
                content = self._answer(request.parse(event, self._backend), context, phases)
            except ServiceError as error:
                content = answer.failure(error.status, str(error))
                headers = error.headers if isinstance(error, BadRequest) else {"Retry-After": "1"}
            except Exception as error:  # a fault of ours: the environment lives on, the log has the trace
                log.error("answer", error)
                content = answer.failure(500, "the request could not be answered; the log says why")
        return answer.response(content, {**headers, **self._witnesses(context, phases)})

    def _answer(self, wanted: request.Request, context: Context, phases: Phases) -> dict[str, Any]:
        model = self._model(context, phases)
        warnings = list(wanted.warnings)
        with phases.span("tokenize"):
            tokens = model.tokenizer.encode(wanted.text)
        if tokens.cut:
            warnings.append(
                f"The text has {tokens.whole} tokens, the model reads {len(tokens.ids)}: the rest was left out."
            )
        with phases.span("encode"):
            vector = model.engine.encode(tokens.ids)
        if not math.isfinite(float(vector.sum())):
            raise StoreError(WEIGHTS, "is damaged: the encoder's answer is no number")
        with phases.span("rank"):
            matches = model.index.nearest(vector, min(wanted.num, MAX_RESULTS) if wanted.num >= 0 else MAX_RESULTS)
        if len(matches) == MAX_RESULTS != wanted.num and len(model.index) > MAX_RESULTS:
            warnings.append(f"The index has {len(model.index)} incidents; the nearest {MAX_RESULTS} are given.")
        return answer.similar(matches, warnings)

    def _model(self, context: Context, phases: Phases) -> Model:
        """The loaded model; waits for the loader, which outlives an invocation that cannot wait long enough."""
        with phases.span("wait"):
            if self._loader.error and self._invocations > 1:
                self._loader = Loader(self._store, self._engine, phases)
            spent = self._ready - self._started if self._invocations == 1 else 0.0  # INIT is the client's time, too
            remaining = context.get_remaining_time_in_millis() / 1000 - ANSWER_MARGIN
            self._loader.wait(max(0.0, min(remaining, API_LIMIT - spent)))
        if self._loader.error:
            raise self._loader.error
        if self._loader.model is None:
            raise Unavailable("the model is still being loaded; ask again")
        return self._loader.model

    def _witnesses(self, context: Context, phases: Phases) -> dict[str, str]:
        """Headers that prove which environment answered, in which state, and where its time went."""
        model = self._loader.model
        return {
            "X-Environment-Id": self._environment_id,
            "X-Invocation": str(self._invocations),
            "X-Config-Nonce": os.environ.get("CONFIG_NONCE", ""),
            "X-Storage-Backend": self._backend,
            "X-Engine": self._engine,
            "X-Bundle-Hash": model.manifest.source_hash if model else "",
            "X-Weights": model.manifest.weights if model else "",
            "X-Fetched-Bytes": str(self._store.fetched.take()),
            "X-Request-Id": context.aws_request_id,
            "X-Log-Stream": os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", ""),
            "Server-Timing": phases.server_timing(),
        }
