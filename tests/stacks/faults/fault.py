"""The definition of a fault, and the configurations in which faults are tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.stacks.support.scenarios import EVERYTHING, EXISTING

SCHEMA = "schema"
# Everything switched on, in the smallest deployment that has every kind of resource except the page.
CONFIG = {
    **EVERYTHING,
    "moreModels": [],
    **{"backends": ["efs"], "defaultBackend": "efs", "corsOrigins": []},
    **{"auth": "iam", "jwtIssuer": "", "jwtAudiences": []},
}
CORS = {"corsOrigins": ["https://incidentdatabase.ai"]}  # with auth iam
TWO = {"backends": ["efs", "s3"], "defaultBackend": "s3"}
BAKED = {"backends": ["oci"], "defaultBackend": "oci"}
MODELS = {"moreModels": EVERYTHING["moreModels"]}
OPEN = {"auth": "none"}  # with the page
GIVEN_NETWORK = {name: EXISTING[name] for name in ("subnetIds", "securityGroupId", "availabilityZones")}


@dataclass(frozen=True)
class Fault:
    """In `file`, `old` becomes `new`; `caught_by` is a rule of `support.invariants`, or SCHEMA for AWS's own."""

    what: str
    file: str
    old: str
    new: str
    caught_by: str
    config: dict[str, Any] = field(default_factory=dict)
