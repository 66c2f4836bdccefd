"""Names the precisions that a bundle's weights may have, and what a reduced one may change."""

from __future__ import annotations

from typing import NamedTuple

FP32 = "fp32"  # the checkpoint itself
FP16 = "fp16"
INT8 = "int8"
PRECISIONS = (FP32, FP16, INT8)


class Agreement(NamedTuple):
    """How far a bundle's answers agree with those of the same model in fp32, for `items` texts, each asked for others.

    `top_1` is the share of texts whose nearest other one is fp32's, `top_3` the mean share of fp32's nearest three that
    are among its own nearest three. `cosine_median` and `cosine_p1` (1st percentile) are of each text's two vectors.
    """

    items: int
    top_1: float
    top_3: float
    cosine_median: float
    cosine_p1: float
