"""Makes snapshots as AIID publishes them, of any size: two tables as mongoexport writes them, also packed.

As a program it measures the cost of indexing a synthetic corpus, in a process of its own for each size:
`python -m tests.model.support.snapshots 5000 50000`.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.model.support.command import index

FOLDER = "mongodump_full_snapshot"
INCIDENT_COLUMNS = [
    *("_id", "incident_id", "date", "reports", "Alleged deployer of AI system", "Alleged developer of AI system"),
    *("Alleged harmed or nearly harmed parties", "description", "title"),
]
REPORT_COLUMNS = [
    *("_id", "incident_id", "authors", "date_downloaded", "date_modified", "date_published", "date_submitted"),
    *("description", "epoch_date_downloaded", "epoch_date_modified", "epoch_date_published", "epoch_date_submitted"),
    *("image_url", "language", "ref_number", "report_number", "source_domain", "submitters", "text", "title", "url"),
    "tags",
]
WORDS = [
    "the",
    "car",
    "robot",
    "face",
    "bank",
    "loan",
    "model",
    "police",
    "image",
    "driver",
    "nurse",
    "voice",
    "é",
    "车",
]

Incidents = Iterable[tuple[int, str, str, list[int]]]  # id, title, date, report numbers
Reports = Iterable[tuple[int, str]]  # number, text


def write(directory: Path, incidents: Incidents, reports: Reports) -> Path:
    """Write incidents.csv and reports.csv into `directory`; returns it."""
    directory.mkdir(parents=True, exist_ok=True)
    rows = (
        {
            "_id": f"i{i}",
            "incident_id": i,
            "title": title,
            "date": date,
            "reports": json.dumps(numbers),
            "description": "x",
        }
        for i, title, date, numbers in incidents
    )
    _write(directory / "incidents.csv", INCIDENT_COLUMNS, rows)
    rows = (
        {"_id": f"r{n}", "report_number": n, "text": text, "title": f"Report {n}", "language": "en", "tags": "[]"}
        for n, text in reports
    )
    _write(directory / "reports.csv", REPORT_COLUMNS, rows)
    return directory


def _write(path: Path, columns: list[str], rows: Iterable[dict[str, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns)
        table.writeheader()
        table.writerows(rows)


def pack(directory: Path, archive: Path, without: str = "") -> Path:
    """The tables as an archive, with the dump that AIID puts beside them before, between and after."""
    names = ["aiidprod/incidents.bson", "reports.csv", "license.txt", "incidents.csv", "translations/reports_es.bson"]
    names = [name for name in names if name != without]
    content = {name: (directory / name).read_bytes() if name.endswith(".csv") else b"\0" * 3000 for name in names}
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, data in content.items():
                packed.writestr(f"{FOLDER}/{name}", data)
    else:
        with tarfile.open(archive, f"w:{archive.suffix[1:]}") as packed:  # type: ignore[call-overload]
            for name, data in content.items():
                member = tarfile.TarInfo(f"{FOLDER}/{name}")
                member.size = len(data)
                packed.addfile(member, io.BytesIO(data))
    return archive


def corpus(directory: Path, reports: int, seed: int) -> Path:
    """A snapshot of `reports` reports of some 25 to 1,000 words, five to an incident."""
    texts = random.Random(seed)

    def text() -> str:
        return " ".join(texts.choices(WORDS, k=min(1000, int(25 * texts.paretovariate(1.2)))))

    incidents = (
        (i, f"Incident {i}", "2020-01-31", list(range(5 * i, min(5 * i + 5, reports)))) for i in range(-(-reports // 5))
    )
    return write(directory, incidents, ((n, f"{n} {text()}") for n in range(reports)))


@dataclass(frozen=True)
class Cost:
    """The cost of a run: `peak` memory in bytes; `said` is its whole output."""

    peak: int
    seconds: float
    said: str


# A process's own peak; what wait4 says of a child counts the memory of the parent that it was forked from.
MEASURED = """
import re, sys
from pathlib import Path
from model.__main__ import main
code = main(sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
sys.exit(code)
"""


def cost(source: Path, bundle: Path, folder: Path) -> Cost:
    """Run `python -m model index` on `source` in a process of its own."""
    command = [sys.executable, "-c", MEASURED, *index(source, bundle, folder)]
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Cost(int(done.stdout) * 1024, time.monotonic() - start, done.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", type=int, nargs="+", help="sizes of the corpora")
    parser.add_argument("--bundle", type=Path, help="whose model embeds (a tiny one is built)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = options.bundle or folder / "tiny"
        if options.bundle is None:
            subprocess.run([sys.executable, "-m", "model", "build", "--tiny", "--out", str(bundle)], check=True)
        for reports in options.reports:
            source = corpus(folder / f"source-{reports}", reports, seed=reports)
            size = (source / "reports.csv").stat().st_size
            taken = cost(source, bundle, folder / f"run-{reports}")
            print(f"{reports:,} reports, {size / 1e6:,.1f} MB: peak {taken.peak / 1e6:,.1f} MB, {taken.seconds:,.1f} s")
            print(taken.said)


if __name__ == "__main__":
    main()
