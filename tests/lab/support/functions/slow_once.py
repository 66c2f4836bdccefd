"""A function whose INIT is slow the first time and quick after that; the file named by FIRST records the first time."""

from __future__ import annotations

import os
import time

if not os.path.exists(os.environ["FIRST"]):
    with open(os.environ["FIRST"], "w") as file:
        file.write("was here")
    time.sleep(60)


def handler(event: object, context: object) -> str:
    return "at last"
