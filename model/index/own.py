"""Describes a collection of one's own: incidents that are not those of the AI Incident Database."""

from __future__ import annotations

from pathlib import Path

from model.index.records import BadRow
from similarity.bundle.manifest import Collection

LONGEST_TITLE = 100  # characters


def collection(title: str, url_template: str = "") -> Collection:
    """The collection with this title, which `check_title` takes; its texts are embedded as they are.

    An incident without a URL of its own gets that of the template, or none.
    """
    return Collection(title, url_template, best_url="", transliterate=False)


def title_of(path: Path) -> str:
    """A title made of a file's name, for want of a better one."""
    shown = "".join(character for character in path.stem if character.isprintable())
    return shown.strip()[:LONGEST_TITLE] or "incidents"


def check_title(title: str) -> None:
    """Raise BadRow for a title that cannot be shown in a line."""
    if not title.strip() or not title.isprintable() or len(title) > LONGEST_TITLE:
        raise BadRow(f"{title[:40]!r} has to be a line of 1 to {LONGEST_TITLE} characters that can be seen")
