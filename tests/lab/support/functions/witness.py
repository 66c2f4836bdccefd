"""A function that does as it is told: the event's (or the query string's) `do` names what."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

print("imported")
TICKS = 0
CALLS = 0
HOARD: list[bytearray] = []


def _tick() -> None:
    global TICKS
    while True:
        TICKS += 1
        time.sleep(0.005)


threading.Thread(target=_tick, daemon=True).start()


def handler(event: dict, context: object) -> object:
    global CALLS
    CALLS += 1
    order = event.get("queryStringParameters") or event
    value = order.get("value")
    return ORDERS[order.get("do", "state")](value, event, context)


def _state(value: str | None, event: dict, context: object) -> dict:
    return {
        "pid": os.getpid(),
        "call": CALLS,
        "ticks": TICKS,
        "variables": dict(os.environ),
        "request_id": context.aws_request_id,
        "remaining_ms": context.get_remaining_time_in_millis(),
    }


def _sleep(value: str, event: dict, context: object) -> dict:
    time.sleep(float(value))
    return {"pid": os.getpid(), "call": CALLS}


def _write(value: str, event: dict, context: object) -> str:
    path = os.path.join(os.environ["TMPDIR"], "note")
    with open(path, "w") as file:
        file.write(value)
    return path


def _hoard(value: str, event: dict, context: object) -> int:
    for _ in range(int(value)):
        HOARD.append(bytearray(os.urandom(1 << 20)))
    return len(HOARD)


def _raise(value: str, event: dict, context: object) -> None:
    raise ValueError(value)


def _say(value: str, event: dict, context: object) -> None:
    print(value)
    print(value, file=sys.stderr)


def _spawn(value: str, event: dict, context: object) -> int:
    return subprocess.Popen(["sleep", value]).pid


ORDERS = {
    "state": _state,
    "sleep": _sleep,
    "write": _write,
    "hoard": _hoard,
    "raise": _raise,
    "say": _say,
    "spawn": _spawn,
    "exit": lambda value, event, context: os._exit(int(value)),
    "echo": lambda value, event, context: event,
    "answer": lambda value, event, context: json.loads(value),
    "big": lambda value, event, context: "x" * int(value),
}
