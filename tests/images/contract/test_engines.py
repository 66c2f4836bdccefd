"""The engines of the list are those that the service has a plan for, and that an image can be built for."""

from __future__ import annotations

import install
from contract.engines import ENGINES
from similarity.loading.loader import PLANS
from tools.images import lock


def test_the_service_can_fetch_for_every_engine() -> None:
    assert tuple(PLANS) == ENGINES


def test_an_image_can_be_built_for_every_engine() -> None:
    assert install.ENGINES == ENGINES
    assert tuple(lock.PARTS) == ENGINES
