"""Makes all measurements of the study in order: storages, precisions, components, growth."""

from __future__ import annotations

from pathlib import Path

from bench.limits import checking, components, growth, reduced, storages
from bench.limits.cores import cores
from bench.limits.facts import facts
from bench.limits.samples import Sample, Samples, run_worker
from bench.limits.stage import running_stage

SEED = 1


def measure(samples: Samples, bundle: Path, rounds: int, out: Path) -> None:
    """Add every sample of one run: `rounds` of every storage measurement; logs of the labs go to `out`."""
    for key, value in facts(bundle).items():
        samples.add(Sample("fact", key, value, 0.0, ""))
    ranges = run_worker("planned_ranges", bundle=str(bundle))
    samples.add(Sample("planned bytes", "bundle", "onnx", float(sum(size for _, size in ranges)), "bytes"))
    samples.add(Sample("planned ranges", "bundle", "onnx", float(len(ranges)), ""))
    samples.add(Sample("cores", "machine", "all", float(cores()), ""))
    for cache in ("cold", "warm"):
        with running_stage(bundle, cache, out, ranges) as stage:
            storages.measure(stage, samples, rounds, SEED)
            if cache == "cold":
                growth.bursts(stage, samples, max(1, rounds // 3))
                checking.measure(stage, samples, rounds, SEED)
            else:
                components.memory(samples, stage)
    reduced.measure(samples, bundle, rounds, out)
    components.encode(samples, str(bundle), rounds=3, repeats=3)
    components.rank(samples, repeats=9)
    components.choices(samples, str(bundle), rounds=5)
    for layers in growth.LAYERS:
        other = growth.bundle_of(layers, Path("build/limits"))
        with running_stage(other, "cold", out, ()) as stage:
            growth.sizes(stage, samples, layers, max(1, rounds // 3))
