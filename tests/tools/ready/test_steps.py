"""The deploying steps of docs/deploying.md are read as a person would follow them."""

from __future__ import annotations

import pytest

from tests.tools.ready.support.steps import PAGE, commands, needs

TEXT = """# A title
## Before
`make bench` is not one of the steps.
## The steps in short

1. You need `docker buildx create --use
   --bootstrap` and Python; `.venv` is a folder, `make` a program.
2. Then:

   ```sh
   make deploy-ready STACK=dev   # says what is missing
   pulumi stack init dev \\
       --secrets-provider passphrase
   ```
3. `pulumi up`, then `make model && pulumi up`.
## After
"""


def test_commands_are_read_up_to_the_first_update() -> None:
    assert commands(TEXT) == [
        "docker buildx create --use --bootstrap",
        "make deploy-ready STACK=dev",
        "pulumi stack init dev --secrets-provider passphrase",
    ]


def test_what_needs_more_than_this_machine_is_named() -> None:
    assert [needs(command) for command in commands(TEXT)] == ["a Docker engine", None, "Pulumi's command line"]


@pytest.mark.parametrize(
    "text", [TEXT.replace("The steps in short", "Other"), TEXT.replace("`pulumi up`", "`pulumi preview`")]
)
def test_steps_that_are_not_there_prove_nothing(text: str) -> None:
    with pytest.raises(ValueError, match=r"the page has no section|has no `pulumi up`"):
        commands(text.replace("make model && pulumi up", "make model"))


def test_the_page_makes_ready_before_the_first_update() -> None:
    assert any(command.startswith("make deploy-ready") for command in commands(PAGE.read_text()))
