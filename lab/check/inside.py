"""Runs the probe in execution environments as a function of the lab gets them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.checkout import IMAGES
from contract.storages import Storage
from lab.host.workspace import Workspace
from lab.runtime.emulator import Host
from lab.runtime.environment import Environment
from lab.runtime.function_spec import FunctionSpec
from lab.runtime.launch import Source
from lab.runtime.logs import LogGroup
from lab.shape.shape import Shape
from lab.shape.surroundings import Shaped, unshaped
from lab.storages.bundle import Bundle
from lab.storages.holding import Holding, Site, provider

PROBE = Path(__file__).parent / "probe"
#: A memory size whose share is more than one core.
ROOMY_MB = 3008
_LIMIT_S = 60


class ProbeError(RuntimeError):
    """The probe could not measure; the message says what it met."""


@dataclass(frozen=True)
class Inside:
    """Makes environments, one for each question, of the shape that is tested or of another.

    `bundle` has one file, which the storages hold.
    """

    host: Host
    site: Site
    shape: Shape
    bundle: Bundle
    _holdings: dict[tuple[str, str], Holding] = field(default_factory=dict)
    _others: list[Workspace] = field(default_factory=list)

    async def holding(self, storage: Storage, shape: Shape) -> Holding:
        """The bundle in a storage of the tested shape, or of another one; it is made at the first call."""
        key = storage.name, shape.name
        if key not in self._holdings:
            site = self.site if shape.name == self.shape.name else self._other_site(shape)
            self._holdings[key] = await provider(storage.name).provide(site, self.bundle, "-".join(key), None)
        return self._holdings[key]

    def _other_site(self, shape: Shape) -> Site:
        """A place for storages of another shape, with servers of its own."""
        self._others.append(Workspace())
        return Site.of(self._others[-1], shape)

    def close(self) -> None:
        """Remove what storages of other shapes have made."""
        for workspace in self._others:
            workspace.close()

    async def ask(
        self, order: Mapping[str, Any], *, shape: Shape, memory_mb: int = ROOMY_MB, holding: Holding | None = None
    ) -> Any:
        """The probe's answer to an order, in a new environment of that shape. Raises ProbeError.

        `holding` is the storage that the environment finds around it.
        """
        around = holding.around if holding else None
        servers = self.site.servers if shape.name == self.shape.name else None
        spec = FunctionSpec(
            "shape-check",
            Source((IMAGES, PROBE), "probe.handler"),
            {"PROBE_INIT": json.dumps(order), **(holding.environment if holding else {})},
            memory_mb,
            _LIMIT_S,
            surround=Shaped(servers, shape.network, around) if servers else unshaped,
            processor=shape.processor,
        )
        environment = await Environment.start(self.host, spec, LogGroup(spec.log_group))
        try:
            init = await environment.initialise(_LIMIT_S)
            if not init.ok:
                raise ProbeError(f"the probe's INIT failed: {_said(init.error)}")
            answer = await environment.invoke(json.dumps(order).encode(), _LIMIT_S)
        finally:
            await environment.end()
        if answer.function_error or answer.payload is None:
            raise ProbeError(f"the probe failed: {_said(answer.payload)}")
        return json.loads(answer.payload)


def _said(payload: bytes | None) -> str:
    """What an error object says; the runtime's own words where it is not one."""
    if payload is None:
        return f"no answer in {_LIMIT_S} s"
    try:
        found = json.loads(payload)
        return f"{found['errorType']}: {found['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        return payload.decode(errors="replace")[:200]
