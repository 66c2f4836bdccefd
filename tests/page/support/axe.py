"""Lets axe-core look for what keeps people from using a page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

from tests.page.support.screen import Screen

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(screen: Screen, leave_out: str = "") -> list[str]:
    """The faults that axe-core finds, and their places; `leave_out` is a selector of what it need not look into."""
    context = {"exclude": [[leave_out]]} if leave_out else None
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}  # not each node that passes
    found = Axe().run(screen.page, context=context, options=options).response["violations"]
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]
