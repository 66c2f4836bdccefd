"""The page reads no header that the service does not send."""

from __future__ import annotations

import re

from contract.checkout import ROOT
from contract.headers import RETRY_AFTER, WITNESSES

READ = re.compile(r"""(?:header|headers\.(?:get|has))\("([A-Za-z-]+)"\)""")


def test_the_page_reads_headers_of_the_list() -> None:
    scripts = [script.read_text() for script in (ROOT / "page").glob("*.js")]
    read = {name for script in scripts for name in READ.findall(script)}

    assert {"Server-Timing", "X-Invocation"} <= read
    assert read <= {*WITNESSES, RETRY_AFTER}
