"""Builds a bundle: all files in a temporary directory beside its place, the manifest last, then one rename."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from model import graph, hub, incidents, place, synthetic
from model.architecture import FULL, TINY, Architecture
from model.errors import BuildError
from model.incidents import Incident
from model.progress import step
from similarity import manifest as files
from similarity import safetensors_header
from similarity.manifest import File, Manifest

LONGFORMER = "allenai/longformer-base-4096"
SEED = 4096
HEADER_LIMIT = 1 << 24  # bytes read to find the header of any checkpoint of this family


@dataclass(frozen=True)
class Options:
    """What to build: `weights` is auto, hub or synthetic; `tiny` is a two-layer synthetic model for tests.

    `layers` gives a synthetic model of full width another depth, to see what grows with a model's size.
    `replace_index` builds anew where `python -m model index` made the index, and puts the sample in its place.
    """

    model: str
    weights: str
    incidents: Path
    out: Path
    tiny: bool = False
    layers: int = FULL.layers
    replace_index: bool = False

    @property
    def shape(self) -> Architecture:
        """Of synthetic weights."""
        return TINY if self.tiny else replace(FULL, layers=self.layers)

    @property
    def synthetic_only(self) -> bool:
        return self.tiny or self.layers != FULL.layers or self.weights == "synthetic"


def build(options: Options, console: Console) -> Manifest:
    """Build the bundle unless what is there already is it; returns its manifest. Raises BuildError."""
    wanted = incidents.read(options.incidents)
    with place.work_directory(options.out) as work:
        existing = None if options.replace_index else place.existing(options.out)
        revision = ""
        if not options.synthetic_only:
            if existing and existing.recipe == _recipe(options, "hub"):
                return _kept(existing, options.out, console)
            revision = _from_hub(options, work, console)
        if not revision:
            if existing and existing.recipe == _recipe(options, "synthetic"):
                return _kept(existing, options.out, console)
        _spare_index(existing, options.out)
        if not revision:
            _synthesise(options.shape, wanted, work, console)
        _write_graphs(work)
        draft = _draft(options, revision, work)
        with step(console, f"embedding {len(wanted)} incidents") as progress:
            incidents.write_index(wanted, draft, work, progress)
        manifest = _seal(draft, work, console)
        place.put(work, options.out)
    console.print(f"{options.out} is ready: {manifest.weights} weights, bundle {manifest.source_hash[:12]}")
    return manifest


def _kept(manifest: Manifest, out: Path, console: Console) -> Manifest:
    console.print(f"{out} is up to date: {manifest.weights} weights, bundle {manifest.source_hash[:12]}")
    return manifest


def _spare_index(existing: Manifest | None, out: Path) -> None:
    """An index that somebody made may have taken hours: it does not give way to the sample unless asked to."""
    if existing and existing.index:
        raise BuildError(
            f"{out} has an index of {existing.index}, made by `python -m model index`, which this build would "
            "replace by the sample: say --replace-index and make the index again afterwards (its embeddings are kept "
            "as long as the model is the same), or name another place with --out"
        )


def _recipe(options: Options, weights: str) -> str:
    """Names what goes into a bundle: the same recipe makes the same bundle. The builder's own source is part of it."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    parts = [options.model, weights, str(options.shape), str(SEED)]
    digest = hashlib.sha256("\n".join(parts).encode())
    for path in (*sources, options.incidents):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _from_hub(options: Options, work: Path, console: Console) -> str:
    """The checkpoint's revision, or "" where `auto` has to do without the Hub."""
    try:
        with step(console, f"fetching {options.model} from the Hugging Face cache or Hub"):
            return hub.fetch(options.model, work)
    except hub.HubUnavailable as error:
        if options.weights == "hub":
            raise
        if options.model != LONGFORMER:
            raise BuildError(f"{error}, and there are no synthetic weights in the shape of {options.model}") from None
        console.print(f"NOTE: {error}. Falling back to synthetic weights: times hold, rankings mean nothing.")
        return ""


def _synthesise(shape: Architecture, wanted: list[Incident], work: Path, console: Console) -> None:
    (work / files.CONFIG).write_text(json.dumps(shape.config(), indent=2) + "\n")
    with step(console, "writing synthetic weights") as progress:
        synthetic.write_weights(shape, work / files.WEIGHTS, SEED, progress)
    with step(console, "training a tokenizer"):
        texts = [f"{incident.title}. {incident.text}" for incident in wanted]
        synthetic.write_tokenizer(shape, texts, work / files.TOKENIZER, SEED)


def _header(work: Path) -> bytes:
    with (work / files.WEIGHTS).open("rb") as file:
        start = file.read(HEADER_LIMIT)
    return start[: safetensors_header.header_size(start)]


def _write_graphs(work: Path) -> None:
    shape = _shape(work)
    header = safetensors_header.parse(_header(work))
    (work / files.GRAPH).write_bytes(graph.build_short(shape, header).SerializeToString(deterministic=True))
    (work / files.LONG_GRAPH).write_bytes(graph.build_long(shape, header).SerializeToString(deterministic=True))


def _shape(work: Path) -> Architecture:
    return Architecture.from_config(json.loads((work / files.CONFIG).read_bytes()))


def _draft(options: Options, revision: str, work: Path) -> Manifest:
    """The manifest without its files."""
    shape = _shape(work)
    return Manifest(
        model=options.model if revision else _shape_name(options),
        revision=revision or f"seed {SEED}",
        weights="hub" if revision else "synthetic",
        family="longformer",
        pooling=shape.pooling,
        layers=shape.layers,
        hidden=shape.hidden,
        window=shape.window,
        max_tokens=shape.max_tokens,
        padding_id=shape.pad_token_id,
        recipe=_recipe(options, "hub" if revision else "synthetic"),
        header_sha256=hashlib.sha256(_header(work)).hexdigest(),
        source_hash="",
        files={},
    )


def _shape_name(options: Options) -> str:
    if options.shape == FULL:
        return f"synthetic, in the shape of {LONGFORMER}"
    return f"synthetic, {options.shape.layers} layers of {options.shape.hidden}"


def _seal(draft: Manifest, work: Path, console: Console) -> Manifest:
    """Hash every file and write the manifest, without which no bundle is one."""
    described = {}
    with step(console, "hashing") as progress:
        paths = sorted(work.iterdir())
        for done, path in enumerate(paths, 1):
            path.chmod(0o644)  # readable in the image and on EFS, whoever the function runs as
            with path.open("rb") as file:
                described[path.name] = File(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
            progress(done, len(paths))
    manifest = replace(draft, files=described, source_hash=files.source_hash(described))
    (work / files.NAME).write_text(manifest.to_json())
    return manifest
