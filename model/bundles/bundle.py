"""Builds a bundle: all files in a temporary directory beside its place, the manifest last, then one rename."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console

from contract import bundle as files
from contract.bundle import File
from contract.checkout import ROOT
from contract.precisions import FP32
from model.base import publish
from model.base.errors import BuildError
from model.base.progress import step
from model.bundles import agreement, incidents, understood
from model.bundles.incidents import Incident
from model.checkpoints import checkpoint, hub, local, reduced, synthetic, weights
from model.checkpoints.architecture import FULL, TINY, Architecture
from model.checkpoints.checkpoint import Checkpoint, Said
from model.checkpoints.hub import HubUnavailable
from model.graphs import graph
from model.index import own
from similarity.bundle import byte_ranges
from similarity.bundle.manifest import AIID, Collection, Manifest
from similarity.loading import verification

LONGFORMER = "allenai/longformer-base-4096"
SEED = 4096
# Packages whose source decides what a bundle holds.
_BUILDERS = ("base", "bundles", "checkpoints", "families", "graphs")


@dataclass(frozen=True)
class Options:
    """What to build: `model` is a directory, an installed package or a name on the Hub.

    `weights` is auto, hub or synthetic. `pooling` is for checkpoints that do not state theirs.
    `tiny` is a two-layer synthetic model for tests.
    `layers` gives a synthetic model of full width another depth, to measure what grows with a model's size.
    `max_tokens` cuts texts earlier than the model would; 0 leaves that to the model.
    `precision` is that of the weights: fp32 keeps the checkpoint as it is.
    `replace_index` rebuilds a bundle whose index `python -m model index` made, and puts the sample in its place.
    """

    model: str
    weights: str
    incidents: Path
    out: Path
    tiny: bool = False
    layers: int = FULL.layers
    replace_index: bool = False
    pooling: str = ""
    max_tokens: int = 0
    precision: str = FP32

    @property
    def shape(self) -> Architecture:
        """The shape of synthetic weights."""
        return TINY if self.tiny else replace(FULL, layers=self.layers)

    @property
    def synthetic_only(self) -> bool:
        return self.tiny or self.layers != FULL.layers or self.weights == "synthetic"

    @property
    def collection(self) -> Collection:
        """What the incidents are taken from: those of the sample are AIID's."""
        same = self.incidents.resolve() == incidents.SAMPLE.resolve()
        return AIID if same else own.collection(own.title_of(self.incidents))


@dataclass(frozen=True)
class _Source:
    """A way to a checkpoint: `key` names its content, `take` puts its files into a work directory."""

    key: str
    take: Callable[[Path], Checkpoint]


def build(options: Options, console: Console) -> Manifest:
    """Build the bundle unless it is there already; returns its manifest. Raises BuildError."""
    wanted = incidents.read(options.incidents)
    with publish.work_directory(options.out) as work:
        existing = None if options.replace_index else publish.existing(options.out)
        sources = _sources(options, wanted, console)
        for source in sources:
            recipe = _recipe(options, source.key)
            if existing and existing.recipe == recipe:
                return _kept(existing, options.out, console)
            if source is sources[-1]:
                _spare_index(existing, options.out)
            try:
                taken = source.take(work)
            except HubUnavailable as error:
                if source is sources[-1]:
                    raise _nowhere(options, error) from None
                console.print(f"NOTE: {error}. Falling back to synthetic weights: times hold, rankings mean nothing.")
            else:
                break
        _spare_index(existing, options.out)
        draft = _draft(options, taken, recipe, work)
        vectors = _embedded(wanted, draft, work, console)
        if options.precision != FP32:
            draft, exact = _reduce(options.precision, draft, work, console), vectors
            vectors = _embedded(wanted, draft, work, console)
            found = agreement.measure(exact, vectors)
            console.print(agreement.line(found), markup=False)
            draft = replace(draft, agreement=found)
        incidents.write_index(wanted, vectors, work)
        manifest = _seal(draft, work, console)
        publish.put(work, options.out)
    for line in understood.lines(manifest, options.out):
        console.print(line, markup=False)
    console.print(f"{options.out} is ready: {manifest.weights} weights, bundle {manifest.source_hash[:12]}")
    return manifest


def _kept(manifest: Manifest, out: Path, console: Console) -> Manifest:
    console.print(f"{out} is up to date: {manifest.weights} weights, bundle {manifest.source_hash[:12]}")
    return manifest


def _sources(options: Options, wanted: list[Incident], console: Console) -> list[_Source]:
    """Where to look for the checkpoint, in this order."""

    def of_hub(work: Path) -> Checkpoint:
        with step(console, f"fetching {options.model} from the Hugging Face cache or Hub"):
            return hub.fetch(options.model, work)

    def of_seed(work: Path) -> Checkpoint:
        return _synthesise(options, wanted, work, console)

    if options.synthetic_only and options.model != LONGFORMER:
        raise BuildError(f"synthetic weights have the shape of {LONGFORMER}: leave out --model {options.model}")
    if options.synthetic_only:
        return [_Source("synthetic", of_seed)]
    here = local.find(options.model) if options.weights == "auto" else None
    if here:
        return [_Source(f"{here.origin} {here.revision}", here.take)]
    falls_back = options.weights == "auto" and options.model == LONGFORMER
    return [_Source("hub", of_hub), *([_Source("synthetic", of_seed)] if falls_back else [])]


def _nowhere(options: Options, error: HubUnavailable) -> BuildError:
    if options.weights == "hub":
        return error
    return BuildError(
        f"{error}, no directory or installed package has that name, and there are no synthetic weights in the shape of "
        f"{options.model}"
    )


def _spare_index(existing: Manifest | None, out: Path) -> None:
    """Raise BuildError for an index that somebody made, maybe in hours, unless the sample may replace it."""
    if existing and existing.index:
        raise BuildError(
            f"{out} has an index of {existing.index}, made by `python -m model index`, which this build would "
            "replace by the sample: say --replace-index and make the index again afterwards (its embeddings are kept "
            "as long as the model is the same), or name another place with --out"
        )


def _recipe(options: Options, key: str) -> str:
    """The hash of everything that decides a bundle, the builder's source included: equal recipes make equal bundles."""
    builder = ROOT / "model"
    sources = [path for folder in _BUILDERS for path in sorted((builder / folder).glob("*.py"))]
    said = (options.pooling, str(options.max_tokens), str(options.collection))
    parts = [options.model, key, *said, str(options.shape), str(SEED), options.precision]
    digest = hashlib.sha256("\n".join(parts).encode())
    for path in (*sources, options.incidents):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _synthesise(options: Options, wanted: list[Incident], work: Path, console: Console) -> Checkpoint:
    shape = options.shape
    (work / files.CONFIG).write_text(json.dumps(synthetic.config(shape), indent=2) + "\n")
    with step(console, "writing synthetic weights") as progress:
        synthetic.write_weights(shape, work / files.WEIGHTS, SEED, progress)
    with step(console, "training a tokenizer"):
        texts = [f"{incident.title}. {incident.text}" for incident in wanted]
        synthetic.write_tokenizer(shape, texts, work / files.TOKENIZER, SEED)
    name = f"in the shape of {LONGFORMER}" if shape == FULL else f"{shape.layers} layers of {shape.hidden}"
    return Checkpoint("synthetic", f"synthetic, {name}", f"seed {SEED}", Said())


def _draft(options: Options, taken: Checkpoint, recipe: str, work: Path) -> Manifest:
    """Write the graphs and return the manifest without its files."""
    said = taken.said
    shape = checkpoint.shape(work, _pooling(options, taken))
    checkpoint.check(shape, weights.header(work / files.WEIGHTS)[1], work)
    draft = Manifest(
        model=taken.model,
        revision=taken.revision,
        weights=taken.origin,
        family=shape.family,
        pooling=shape.pooling,
        layers=shape.layers,
        hidden=shape.hidden,
        window=shape.window,
        max_tokens=_max_tokens(options, min(shape.max_tokens, said.max_tokens or shape.max_tokens)),
        padding_id=shape.padding_id,
        recipe=recipe,
        header_sha256="",
        global_layers=len(shape.style.unlimited) if shape.window else 0,
        source_hash="",
        files={},
        collection=options.collection,
    )
    return _with_graphs(draft, shape, work)


def _with_graphs(draft: Manifest, shape: Architecture, work: Path) -> Manifest:
    """Write the graphs over the weights in `work`; returns the draft with the sums of these weights."""
    start, header = weights.header(work / files.WEIGHTS)
    (work / files.GRAPH).write_bytes(graph.build_short(shape, header).SerializeToString(deterministic=True))
    if shape.window:
        (work / files.LONG_GRAPH).write_bytes(graph.build_long(shape, header).SerializeToString(deterministic=True))
    return replace(
        draft,
        header_sha256=hashlib.sha256(start).hexdigest(),
        encoder_sha256=verification.encoder_sha256(header, work / files.WEIGHTS),
        encoder_bytes=sum(part.size for part in byte_ranges.fetch_plan(header)),
    )


def _embedded(wanted: list[Incident], draft: Manifest, work: Path, console: Console) -> np.ndarray:
    with step(console, f"embedding {len(wanted)} incidents in {draft.precision}") as progress:
        return incidents.embed(wanted, draft, work, progress)


def _reduce(precision: str, fp32: Manifest, work: Path, console: Console) -> Manifest:
    """Put weights of a lower precision, and graphs over them, in the place of the checkpoint in `work`.

    Returns the draft of the new bundle.
    """
    origin = files.model_hash(_described(work, console), fp32.max_tokens)
    _, header = weights.header(work / files.WEIGHTS)
    whole = (work / files.WEIGHTS).rename(work / f"{FP32}.safetensors")
    with step(console, f"writing the weights in {precision}") as progress:
        reduced.write(header, whole, work / files.WEIGHTS, precision, progress)
    whole.unlink()
    draft = replace(fp32, precision=precision, origin=origin)
    return _with_graphs(draft, checkpoint.shape(work, fp32.pooling), work)


def _max_tokens(options: Options, most: int) -> int:
    """The limit of tokens, special ones included, for a model that reads `most`; raises BuildError."""
    if options.max_tokens > most:
        raise BuildError(f"the model reads {most:,} tokens: --max-tokens {options.max_tokens} cannot be more")
    return options.max_tokens or most


def _pooling(options: Options, taken: Checkpoint) -> str:
    """How the vectors are made, as the checkpoint or the user says; raises BuildError if both do, or neither does."""
    said = taken.said.pooling
    if options.pooling and said and options.pooling != said:
        raise BuildError(f"{taken.model} says itself that it is pooled by {said}: leave out --pooling")
    if not said and not options.pooling and options.model != LONGFORMER:
        raise BuildError(
            f"{taken.model} does not say how a vector is made of its last layer: add --pooling mean, which "
            "sentence-transformers takes then, or --pooling cls"
        )
    return said or options.pooling or "cls"  # the default model is used so by AIID


def _seal(draft: Manifest, work: Path, console: Console) -> Manifest:
    """Hash every file and write the manifest, which completes the bundle."""
    described = _described(work, console)
    manifest = replace(draft, files=described, source_hash=files.source_hash(described))
    manifest = replace(manifest, embedded_by=manifest.model_hash)
    (work / files.MANIFEST).write_text(manifest.to_json())
    return manifest


def _described(work: Path, console: Console) -> dict[str, File]:
    """The size and sum of every file in `work`."""
    described = {}
    with step(console, "hashing") as progress:
        paths = sorted(work.iterdir())
        for done, path in enumerate(paths, 1):
            path.chmod(0o644)  # readable in the image and on EFS for every user that the function may run as
            with path.open("rb") as file:
                described[path.name] = File(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
            progress(done, len(paths))
    return described
