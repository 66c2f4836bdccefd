"""Builds an index and puts it into a bundle: read, embed what is new, write, swap."""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from contract import bundle as bundle_files
from contract.bundle import INCIDENTS, VECTORS, File
from model.base import publish
from model.base.errors import BuildError
from model.base.progress import step
from model.index import cache, files, local, reading, remote, sources, store
from model.index.cache import Cache
from model.index.deployment import Deployment, Target
from model.index.encoder import Encoder
from model.index.sources import Source
from model.index.store import Store, Text
from similarity.bundle.manifest import Manifest

SHOWN = 20  # lines about what was left out
LISTED = "skipped.csv"  # the file with all of them, in the cache's directory


SYNTHETIC = (
    "NOTE: this bundle has synthetic weights, with which rankings mean nothing. "
    "Stop, and name one with real weights: --bundle images/bundle-minilm (make demo builds it)"
)


@dataclass(frozen=True)
class Options:
    """The index's `source`, the `bundle` with the model, and where the result (`out`) and embeddings (`cache`) go.

    With `strict` anything left out is an error, fewer than `at_least` incidents always are; `via` embeds through a
    deployment.
    """

    source: Source
    bundle: Path
    out: Path
    cache: Path
    strict: bool = False
    at_least: int = 1
    via: Target | None = None


def build(options: Options, console: Console) -> Manifest:
    """Build the index of `source` and put it into `out`; returns the new manifest. Raises BuildError.

    However it ends, `out` is unchanged or has the whole new index, and the embeddings made so far are kept.
    """
    source = options.source
    console.print(f"{source.path} is {source.kind}", markup=False)
    with publish.work_directory(options.out) as work:
        manifest = publish.existing(options.bundle)
        if manifest is None:
            raise BuildError(f"{options.bundle} is not a whole bundle: build it with `python -m model build`")
        if manifest.weights == "synthetic":
            console.print(SYNTHETIC, markup=False)
        shown = options.bundle / INCIDENTS if manifest.collection == source.collection else None
        manifest = replace(manifest, index=source.path.name, collection=source.collection)
        with step(console, f"checking the model in {options.bundle}"):
            _link_model(manifest, options.bundle, work)
        deployment = Deployment(options.via, manifest) if options.via and source.kind != sources.STATE else None
        if deployment:
            deployment.check()
        with (
            cache.opened(options.cache, manifest.model_hash, manifest.hidden) as kept,
            store.opened(work / "reading.sqlite3") as read,
        ):
            encoder = Encoder(manifest, work)
            with step(console, f"reading {source.path}") as progress:
                reading.read_all(source, reading.Reader(read, kept, encoder, manifest.hidden, shown), progress)
            _tell_skips(read, options, console)
            _embed(read, kept, encoder, deployment, options, console)
            count = read.count("incidents")
            with step(console, f"writing an index of {count:,} incidents"):
                files.write(_rows(read, kept, manifest.hidden), count, manifest.hidden, work)
        return _publish(manifest, work, options.out, console)


def _link_model(manifest: Manifest, bundle: Path, work: Path) -> None:
    """Put the model's files under their names into `work`, as hard links where the disk allows it.

    This comes before anything is embedded, so that the index fits them whatever happens to the bundle meanwhile. Raises
    BuildError for a file that differs from the manifest: its vectors would be kept under the right model's name.
    """
    for name, wanted in manifest.files.items():
        if name not in (VECTORS, INCIDENTS):
            try:
                os.link(bundle / name, work / name)
            except OSError:  # another file system, or one without links
                shutil.copyfile(bundle / name, work / name)
            if _described(work / name) != wanted:
                raise BuildError(f"{bundle / name} is damaged: delete {bundle} and build it again")


def _tell_skips(read: Store, options: Options, console: Console) -> None:
    """List what is left out; raises BuildError if too little remains, or with --strict."""
    count = read.count("skips")
    listed = options.cache / LISTED
    with listed.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("place", "reason"))
        for number, skip in enumerate(read.skips()):
            table.writerow((skip.place, skip.reason))
            if number < SHOWN:
                console.print(f"left out: {skip.place}: {skip.reason}", markup=False)
    if count > SHOWN:
        console.print(f"left out: … {count:,} in all, listed in {listed}")
    incidents = read.count("incidents")
    if bare := read.without_url():
        console.print(f"{bare:,} of {incidents:,} have no url: they are answered without a link (see --url-template)")
    if incidents < options.at_least:
        has = f"{incidents:,} of {options.at_least:,} incidents" if incidents else "no incident"
        raise BuildError(f"{options.source.path} holds {has} that can be used; {count:,} things were left out")
    if count and options.strict:
        raise BuildError(f"{count:,} things were left out, all listed in {listed}, and --strict makes that an error")


def _embed(
    read: Store, kept: Cache, encoder: Encoder, deployment: Deployment | None, options: Options, console: Console
) -> None:
    """Embed all texts that are new and say how fast that was."""
    count, tokens = read.count("texts"), read.tokens()
    console.print(f"{read.count('reports'):,} reports: {count:,} new texts of {tokens:,} tokens")
    if not count:
        return
    started = time.monotonic()
    if deployment and options.via:
        with step(console, f"embedding {count:,} texts, {options.via.concurrency} at a time") as progress:
            remote.embed(read.pending(), deployment, options.via.concurrency, kept, tokens, progress)
    left = sum(text.tokens for text in _missing(read, kept))  # all, or texts too large for a deployment
    if left:
        with step(console, f"embedding {left:,} tokens on this machine") as progress:
            local.embed(_missing(read, kept), encoder, kept, left, progress)
    seconds = time.monotonic() - started
    speed = f"{count / seconds:,.1f} texts and {tokens / seconds:,.0f} tokens a second"
    console.print(f"embedded {count:,} texts in {seconds:,.1f} s: {speed}")


def _missing(read: Store, kept: Cache) -> Iterator[Text]:
    return (text for text in read.pending() if text.hash not in kept)


def _rows(read: Store, kept: Cache, hidden: int) -> Iterator[files.Row]:
    for entry in read.entries():
        if entry.mean:
            count, vector = entry.mean
        else:
            count, vector = len(entry.hashes), files.mean((kept.get(text) for text in entry.hashes), hidden)
        yield files.Row(entry.incident_id, entry.title, entry.date, entry.url, count, vector)


def _publish(manifest: Manifest, work: Path, out: Path, console: Console) -> Manifest:
    """Write the manifest that fits the new files and swap the bundle in, unless it is there already."""
    described = dict(manifest.files)
    for name in (VECTORS, INCIDENTS):
        (work / name).chmod(0o644)
        described[name] = _described(work / name)
    manifest = replace(
        manifest,
        files=described,
        source_hash=bundle_files.source_hash(described),
        embedded_by=manifest.model_hash,
    )
    if publish.existing(out) == manifest:
        console.print(f"{out} is up to date: bundle {manifest.source_hash[:12]}")
        return manifest
    (work / bundle_files.MANIFEST).write_text(manifest.to_json())
    publish.put(work, out)
    console.print(f"{out} is ready: bundle {manifest.source_hash[:12]} with the index of {manifest.index}")
    return manifest


def _described(path: Path) -> File:
    with path.open("rb") as file:
        return File(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
