"""MPNet's buckets of distances, compared with transformers' own."""

from __future__ import annotations

import torch
from transformers.models.mpnet.modeling_mpnet import MPNetEncoder

from model.graphs.relative import buckets


def test_every_distance_has_the_bucket_of_transformers() -> None:
    length = 514
    distances = torch.arange(-(length - 1), length)
    expected = MPNetEncoder.relative_position_bucket(distances, num_buckets=32)
    assert buckets(32, length).tolist() == expected.tolist()
