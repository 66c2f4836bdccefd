"""`python -m model index SOURCE`: the incident index of a bundle, from what people have."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from contract.auth import MODES, NONE
from model.index import addresses, build, own, sources
from model.index.deployment import TOKEN_VARIABLE, Target
from model.index.records import BadRow

HELP = "an incident index from AIID's snapshot, the state.csv of its former service, or a CSV or JSONL file"
CACHE = Path(".cache/index")
INTERRUPTED = "what was embedded is kept: the same command takes up where this one ended"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("source", type=Path, metavar="SOURCE", help=sources.KINDS)
    bundle = Path("images/bundle")
    parser.add_argument("--bundle", type=Path, default=bundle, help="whose model embeds (%(default)s)")
    parser.add_argument("--out", type=Path, help="bundle that gets the index (the same, whose index is replaced)")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where embeddings are kept (%(default)s)")
    parser.add_argument(
        "--title", type=_checked(own.check_title), help="what to call your own incidents (the name of their file)"
    )
    parser.add_argument(
        "--url-template",
        type=_checked(addresses.check_template),
        metavar="URL",
        help="the address of each incident of your own that has no url, such as https://example.org/{incident_id}",
    )
    parser.add_argument("--strict", action="store_true", help="whatever has to be left out is an error")
    parser.add_argument(
        "--at-least", type=_positive, default=1, metavar="N", help="fewer incidents are an error (%(default)s)"
    )
    parser.add_argument("--via", metavar="URL", help="embed through the HTTP API of a deployed stack with this bundle")
    parser.add_argument(
        "--concurrency", type=_threads, default=8, metavar="N", help="requests at a time with --via (%(default)s)"
    )
    parser.add_argument(
        "--auth",
        choices=MODES,
        default=NONE,
        help=f"with --via, the stack's auth: iam signs requests, jwt sends the token in {TOKEN_VARIABLE} (%(default)s)",
    )


def run(options: argparse.Namespace, parser: argparse.ArgumentParser, console: Console) -> None:
    """Build the index; raises BuildError."""
    if options.via and not options.via.startswith(("https://", "http://")):
        parser.error("--via wants a URL that begins with https:// or http://")
    if options.auth != NONE and not options.via:
        parser.error("--auth goes with --via")
    via = Target(options.via, options.concurrency, options.auth) if options.via else None
    source = sources.detect(options.source)
    if options.title or options.url_template:
        if source.kind != sources.PLAIN:
            parser.error(f"--title and --url-template are for a table of your own; {source.path} is {source.kind}")
        title = options.title or source.collection.title
        source = replace(source, collection=own.collection(title, options.url_template or ""))
    out = options.out or options.bundle
    chosen = build.Options(source, options.bundle, out, options.cache, options.strict, options.at_least, via)
    build.build(chosen, console)


def _checked(check: Callable[[str], None]) -> Callable[[str], str]:
    def checked(text: str) -> str:
        try:
            check(text)
        except BadRow as error:
            raise argparse.ArgumentTypeError(str(error)) from None
        return text.strip()

    return checked


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _threads(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1000:
        raise argparse.ArgumentTypeError("must be 1 to 1000")
    return value
