"""Backend (c): the weights in the container image, as a layer of their own below the code."""

from __future__ import annotations

import pulumi

from contract.environment import MODEL_DIR
from stacks.backend import Backend, BackendArgs, Serving


class OciBackend(Backend):
    """The similarity functions with their weights in their image, one image for each model."""

    def __init__(self, name: str, args: BackendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
        for model in args.models:
            self._serve(
                model,
                self._image([model]),
                f"a layer of the container image, in Amazon ECR in {args.place.region}, loaded lazily by Lambda",
                Serving(environment={MODEL_DIR: "/opt/model"}, grants={}, search_grants={}),
            )
        self._register()


COMPONENT = OciBackend
