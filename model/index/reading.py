"""Reads a source into the working store: keeps new texts for embedding, and only notes known ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from model.base.progress import Step
from model.index import addresses, sources
from model.index.cache import Cache
from model.index.containers import Meter
from model.index.encoder import Encoder
from model.index.records import Incident, Mean, Report, Skip
from model.index.sources import Source
from model.index.store import Store, Text


@dataclass(frozen=True)
class Reader:
    """Takes records into `store`; `cache` knows what is embedded already.

    `shown` is an `incidents.jsonl` of the same collection, if there is one, with titles for incidents that come with a
    vector and nothing else.
    """

    store: Store
    cache: Cache
    encoder: Encoder
    hidden: int
    shown: Path | None


def read_all(source: Source, reader: Reader, progress: Step) -> None:
    """Take in the whole source; raises BuildError if it cannot be read."""
    meter = Meter()
    if source.kind == sources.STATE and reader.shown:
        for incident in _shown(reader.shown):
            reader.store.remember(incident)
    for record in sources.read(source, reader.hidden, meter):
        if isinstance(record, Incident):
            reader.store.add_incident(record)
        elif isinstance(record, Report):
            _take_report(record, reader)
        elif isinstance(record, Mean):
            url = addresses.filled(source.collection.url_template, record.incident_id)
            reader.store.add_mean(record, f"Incident {record.incident_id}", url)
        else:
            reader.store.skip(record)
        progress(min(meter.done, meter.total), meter.total)
    reader.store.settle()


def _take_report(report: Report, reader: Reader) -> None:
    text = reader.encoder.plain(report.text)
    text_hash = hashlib.sha256(text.encode()).digest() if text.strip() else None
    if not reader.store.add_report(report.number, text_hash):
        reader.store.skip(Skip(f"report {report.number}", "is there twice; the first one is kept"))
    elif text_hash is None:
        reader.store.skip(Skip(f"report {report.number}", "has no text"))
    elif text_hash not in reader.cache:
        reader.store.add_text(Text(text_hash, len(reader.encoder.token_ids(text)), text))


def _shown(path: Path) -> Iterator[Incident]:
    """Incidents of an existing index, as far as it can be read."""
    with suppress(OSError, ValueError, KeyError, TypeError), path.open(encoding="utf-8") as file:
        for line in file:
            fields = json.loads(line)
            title, date, url = (str(fields[name]) for name in ("title", "date", "url"))
            yield Incident(int(fields["incident_id"]), title, date, url, ())
