"""Lists the phases of an answer: the spans that the functions measure and tell in the Server-Timing header."""

from __future__ import annotations

from typing import NamedTuple

BOOT = "boot"
INIT = "init"
RESTORED = "restored"
IDLE = "idle"
IMPORT = "import"
FETCH = "fetch"
LOAD = "load"
VERIFY = "verify"
WAIT = "wait"
TOKENIZE = "tokenize"
ENCODE = "encode"
RANK = "rank"
HANDLER = "handler"


class Phase(NamedTuple):
    """A phase: its `name` in the header, a `label` of a few words for a chart, and its `meaning` in a sentence's words.

    `holds` is whether other phases lie within it.
    """

    name: str
    label: str
    meaning: str
    holds: bool = False


# In the order in which reports show them: from the start of the process to the answer.
_IN_ORDER = (
    Phase(BOOT, "runtime starts", "start of the runtime process until our module loads"),
    Phase(INIT, "initialisation", "our module's INIT (imports, fetching and loading overlap in it)", holds=True),
    Phase(RESTORED, "after the restore", "our part of a restore: what each copy of a snapshot needs for itself"),
    Phase(IDLE, "idle", "from the end of INIT, or of the restore, until the first invocation"),
    Phase(IMPORT, "import libraries", "imports of the engine and of what ranks"),
    Phase(FETCH, "fetch weights", "reading the weights (search function: the index) from the storage"),
    Phase(LOAD, "load model", "making tokenizer, session and index of what was read"),
    Phase(VERIFY, "verify weights", "comparing the weights' sha256 with the manifest's, where VERIFY_WEIGHTS is set"),
    Phase(WAIT, "wait for model", "first invocation waiting for the loader"),
    Phase(TOKENIZE, "tokenize text", "text to token ids"),
    Phase(ENCODE, "encode text", "the model"),
    Phase(RANK, "rank incidents", "similarity with all incidents"),
    Phase(HANDLER, "request handled", "the whole of the handler", holds=True),
)
PHASES = {phase.name: phase for phase in _IN_ORDER}
