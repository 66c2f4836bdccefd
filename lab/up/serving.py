"""Serves until a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine


async def until_stopped(serve: Coroutine[None, None, None]) -> None:
    """Run `serve` until SIGINT or SIGTERM, which also end an unfinished start-up."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    stopped = asyncio.create_task(stop.wait())
    serving = asyncio.create_task(serve)
    await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
