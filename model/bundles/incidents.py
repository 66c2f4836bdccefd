"""Makes the incident index: reads incidents, embeds each by the bundle's own engine, writes vectors and titles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from model.base.errors import BuildError
from model.base.progress import Step
from model.index import addresses, first_bytes
from model.index.encoder import Encoder
from model.index.files import Row, write
from similarity.bundle.manifest import Manifest

SAMPLE = Path(__file__).with_name("incidents.jsonl")
"""A sample of real AI incidents that ships with the project, told in our own words from public facts."""


@dataclass(frozen=True)
class Incident:
    """One incident; `text` is the text to embed, `url` its page."""

    incident_id: int
    title: str
    date: str
    text: str
    url: str


def read(path: Path) -> list[Incident]:
    """Incidents of a JSONL file; raises BuildError that names the wrong line."""
    incidents: dict[int, Incident] = {}
    try:
        first_bytes.check_text(path)
        first_bytes.is_json(path)
        lines = path.read_text(encoding="utf-8-sig").split(
            "\n"
        )  # splitlines() also splits at characters that JSON allows
    except (OSError, UnicodeError) as error:
        raise BuildError(f"{path} cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            incident = _incident(json.loads(line))
        except (ValueError, TypeError, RecursionError) as error:
            raise BuildError(f"{path}, line {number}: {error}") from None
        if incident.incident_id in incidents:
            raise BuildError(f"{path}, line {number}: incident {incident.incident_id} stands there twice")
        incidents[incident.incident_id] = incident
    if not incidents:
        raise BuildError(f"{path} holds no incidents: one JSON object a line, with incident_id, title, date, text, url")
    return sorted(incidents.values(), key=lambda incident: incident.incident_id)


def _incident(fields: object) -> Incident:
    if not isinstance(fields, dict):
        raise TypeError("is not a JSON object")
    incident = Incident(**fields)  # a TypeError names a field that is missing or unknown
    if not isinstance(incident.incident_id, int) or isinstance(incident.incident_id, bool):
        raise TypeError("incident_id is not an integer")
    for name in ("title", "date", "text", "url"):
        if not isinstance(getattr(incident, name), str) or not getattr(incident, name).strip():
            raise ValueError(f"{name} is empty")
        getattr(incident, name).encode()  # a lone surrogate is a ValueError, too
    date.fromisoformat(incident.date)
    addresses.check(incident.url)
    return incident


def embed(incidents: Sequence[Incident], manifest: Manifest, directory: Path, progress: Step) -> np.ndarray:
    """float32[n, hidden] of their texts, by the model of the bundle in `directory`, whose manifest may be a draft."""
    encoder = Encoder(manifest, directory)
    vectors = np.empty((len(incidents), manifest.hidden), np.float32)
    for row, incident in enumerate(incidents):
        vectors[row] = encoder.encode([encoder.token_ids(encoder.plain(incident.text))])[0]
        progress(row + 1, len(incidents))
    return vectors


def write_index(incidents: Sequence[Incident], vectors: np.ndarray, directory: Path) -> None:
    """Write `incidents.safetensors` and `incidents.jsonl` into the bundle in `directory`; each incident has its vector.

    An incident of the sample has one report: itself.
    """
    rows = (
        Row(incident.incident_id, incident.title, incident.date, incident.url, 1, vector)
        for incident, vector in zip(incidents, vectors, strict=True)
    )
    write(rows, len(incidents), vectors.shape[1], directory)
