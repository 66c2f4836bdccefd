"""Lists what is priced beside the function as it was measured. This is the only list of alternatives."""

from __future__ import annotations

from bench.cost.alternatives.alternative import Alternative
from bench.cost.alternatives.container import CONTAINER
from bench.cost.alternatives.managed_instances import MANAGED_INSTANCES
from bench.cost.alternatives.on_demand import ON_DEMAND
from bench.cost.alternatives.pings import PINGS
from bench.cost.alternatives.provisioned import PROVISIONED
from bench.cost.alternatives.sagemaker_instance import SAGEMAKER_INSTANCE
from bench.cost.alternatives.sagemaker_serverless import SAGEMAKER_SERVERLESS
from bench.cost.alternatives.snapshot import SNAPSHOT

ALTERNATIVES: tuple[Alternative, ...] = (
    ON_DEMAND,
    PROVISIONED,
    SNAPSHOT,
    PINGS,
    MANAGED_INSTANCES,
    SAGEMAKER_SERVERLESS,
    SAGEMAKER_INSTANCE,
    CONTAINER,
)
