"""Backend (c): the weights in the container image, as a layer of their own below the code."""

from __future__ import annotations

import pulumi

from stacks.backend import Backend, BackendArgs, Serving


class OciBackend(Backend):
    """The similarity function with its weights in its image."""

    BAKES_BUNDLE = True

    def __init__(self, name: str, args: BackendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
        self._serve(
            self._image(),
            f"a layer of the container image, in Amazon ECR in {args.place.region}, loaded lazily by Lambda",
            Serving(environment={"MODEL_DIR": "/opt/model"}, grants={}),
        )
        self._register()
