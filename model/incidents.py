"""The incident index: read incidents, embed each by the bundle's own engine, write vectors and what to show of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from model.errors import BuildError
from model.progress import Step
from similarity import safetensors_header
from similarity.engines import onnx
from similarity.manifest import INCIDENTS, TOKENIZER, VECTORS, WEIGHTS, Manifest
from similarity.stores.directory import DirectoryStore
from similarity.tokens import Tokenizer

SAMPLE = Path(__file__).with_name("incidents.jsonl")
"""A sample of real AI incidents that ships with the project, told in our own words from public facts."""


@dataclass(frozen=True)
class Incident:
    """One incident of the AI Incident Database; `text` is what is embedded, `url` its page."""

    incident_id: int
    title: str
    date: str
    text: str
    url: str


def read(path: Path) -> list[Incident]:
    """Incidents of a JSONL file; raises BuildError that names the line which is wrong."""
    incidents: dict[int, Incident] = {}
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # splitlines() also splits at characters that JSON allows
    except (OSError, UnicodeError) as error:
        raise BuildError(f"{path} cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            incident = _incident(json.loads(line))
        except (ValueError, TypeError) as error:
            raise BuildError(f"{path}, line {number}: {error}") from None
        if incident.incident_id in incidents:
            raise BuildError(f"{path}, line {number}: incident {incident.incident_id} stands there twice")
        incidents[incident.incident_id] = incident
    if not incidents:
        raise BuildError(f"{path} holds no incidents: one JSON object a line, with incident_id, title, date, text, url")
    return sorted(incidents.values(), key=lambda incident: incident.incident_id)


def _incident(fields: object) -> Incident:
    if not isinstance(fields, dict):
        raise TypeError("is no JSON object")
    incident = Incident(**fields)  # a TypeError names a field that is missing or unknown
    if not isinstance(incident.incident_id, int) or isinstance(incident.incident_id, bool):
        raise TypeError("incident_id is no integer")
    for name in ("title", "date", "text", "url"):
        if not isinstance(getattr(incident, name), str) or not getattr(incident, name).strip():
            raise ValueError(f"{name} is empty")
        getattr(incident, name).encode()  # a lone surrogate is a ValueError, too
    date.fromisoformat(incident.date)
    return incident


def write_index(incidents: list[Incident], manifest: Manifest, directory: Path, progress: Step) -> None:
    """Embed all incidents and write `incidents.safetensors` and `incidents.jsonl` into the bundle in `directory`.

    A vector is the mean of the CLS vectors of the incident's reports; an incident of the sample is one report.
    """
    weights = DirectoryStore(str(directory), 1).weights(WEIGHTS, 1 << 20, "onnx")
    header = safetensors_header.parse(weights.start)
    graphs = {name: (directory / name).read_bytes() for name in onnx.files(manifest)}
    engine = onnx.OnnxEngine(manifest, header, weights, graphs)
    tokenizer = Tokenizer((directory / TOKENIZER).read_bytes(), manifest.max_tokens)
    vectors = np.empty((len(incidents), manifest.hidden), np.float32)
    for row, incident in enumerate(incidents):
        vectors[row] = engine.encode(tokenizer.encode(incident.text).ids)
        progress(row + 1, len(incidents))
    ids = np.array([incident.incident_id for incident in incidents], np.int64)
    save_file({"ids": ids, "counts": np.ones_like(ids), "vectors": vectors}, directory / VECTORS)
    with (directory / INCIDENTS).open("w", encoding="utf-8") as file:
        for incident in incidents:
            shown = {k: v for k, v in vars(incident).items() if k != "text"}
            file.write(json.dumps(shown, ensure_ascii=False) + "\n")
