"""How near the service is to its limits: one run, side by side, with raw reads and rivals (`make limits`).

Writes every sample to `limits.jsonl` and, of those alone, a document and a picture; `--from FILE` makes these again.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console

from bench.ceiling import checking, components, document, growth, storages
from bench.ceiling.cores import cores
from bench.ceiling.samples import Sample, Samples, run_worker
from bench.ceiling.stage import running_stage
from bench.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_UNSOUND, BenchError

SEED = 1


def main(arguments: list[str] | None = None) -> int:
    """Measure or derive; exit code 0 if every requirement was met, 4 if one was not, 3 if the lab failed."""
    options = _parser().parse_args(arguments)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        if options.derive:
            samples = Samples.read(options.derive)
        else:
            out = Path("reports") / f"limits-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
            out.mkdir(parents=True)
            samples = Samples(out / "limits.jsonl", lambda sample: _show(console, sample))
            _measure(samples, options.bundle, options.rounds, out)
            console.print(f"samples: {out / 'limits.jsonl'}")
        met = document.write(samples, options.document)
        console.print(f"document: {options.document}")
    except KeyboardInterrupt:
        console.print("interrupted; what was measured is in limits.jsonl")
        return EXIT_INTERRUPTED
    except BenchError as error:
        console.print(f"limits: {error}", markup=False)
        return error.exit_code
    return EXIT_OK if met else EXIT_UNSOUND


def _measure(samples: Samples, bundle: Path, rounds: int, out: Path) -> None:
    for key, value in document.facts(bundle).items():
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
    components.encode(samples, str(bundle), rounds=3, repeats=3)
    components.rank(samples, repeats=9)
    components.choices(samples, str(bundle), rounds=5)
    for layers in growth.LAYERS:
        other = growth.bundle_of(layers, Path("build/limits"))
        with running_stage(other, "cold", out, ()) as stage:
            growth.sizes(stage, samples, layers, max(1, rounds // 3))


def _show(console: Console, sample: Sample) -> None:
    if not sample.what.startswith("phase "):
        where = f"{sample.what} · {sample.where} · {sample.how}"
        console.print(f"{where}: {sample.value:,.4g} {sample.unit}", markup=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/limits.py", description=__doc__)
    parser.add_argument("--bundle", type=Path, default=Path("images/bundle"), help="full-size bundle (%(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="of every storage measurement (%(default)s)")
    parser.add_argument("--document", type=Path, default=Path("docs/performance.md"), help="to write (%(default)s)")
    parser.add_argument("--from", dest="derive", type=Path, metavar="FILE", help="samples of an earlier run")
    return parser


if __name__ == "__main__":
    sys.exit(main())
