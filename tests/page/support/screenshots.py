"""Takes the pictures of the page in docs/, of a deployment that has had no request yet:

python -m lab up --bundle BUNDLE            # prints the page's address
python -m tests.page.support.screenshots ADDRESS
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser

from contract.checkout import ROOT
from tests.page.support.screen import DESKTOP, PHONE, TITLES, chromium, opened

DOCS = ROOT / "docs"
EXAMPLE = "Self-driving car"


def main(url: str) -> None:
    """Write docs/page.png, all backends cold, and docs/page-phone.png, one of them warm."""
    with chromium() as browser:
        ask(browser, url, DESKTOP, "One after the other", list(TITLES), DOCS / "page.png")
        ask(browser, url, PHONE, "S3", ["s3"], DOCS / "page-phone.png")


def ask(browser: Browser, url: str, size: dict[str, int], choice: str, backends: list[str], picture: Path) -> None:
    """Ask the example of some backends in a window of some size, and take a picture of the whole page."""
    with opened(browser, url, **size) as screen:
        screen.page.get_by_role("button", name=EXAMPLE).click()
        screen.choose(choice)
        screen.page.get_by_label("Results").fill("3")
        screen.find()
        for backend in backends:
            screen.wait(backend)
        screen.page.mouse.move(0, 0)
        save(screen.page.screenshot(full_page=True), picture)


def save(png: bytes, picture: Path) -> None:
    """Write a picture in its 256 commonest colours, which are those of all areas: a third of the size."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    colours, places, counts = np.unique(
        np.asarray(image).reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    palette = colours[np.argsort(-counts)[:256]]
    nearest = ((colours[:, None].astype(int) - palette) ** 2).sum(2).argmin(1).astype(np.uint8)
    reduced = Image.fromarray(nearest[places].reshape(image.height, image.width), "P")
    reduced.putpalette(palette.tobytes())
    reduced.save(picture, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
