"""`python -m model snapshot URL`: the newest snapshot of AIID, downloaded unless it is there."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from model.index import snapshot

HELP = "download AIID's newest snapshot, for `index`"
INTERRUPTED = "nothing was left behind"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "url",
        nargs="?",
        default=snapshot.PAGE,
        metavar="URL",
        help="an archive, or a page that links to archives called backup-TIME.tar.bz2 (%(default)s)",
    )
    parser.add_argument("--out", type=Path, default=Path(".cache/snapshots"), help="directory (%(default)s)")
    parser.add_argument("--sha256", help="what the archive must hash to, where you know it")


def run(options: argparse.Namespace, parser: argparse.ArgumentParser, console: Console) -> None:
    """Download the archive and print its path on standard output; raises BuildError."""
    if not options.url.startswith(("https://", "http://")):
        parser.error("URL must begin with https:// or http://")
    print(snapshot.fetch(options.url, options.out, options.sha256, console))
