"""The folders of the tests are those of what they test."""

from __future__ import annotations

from contract.checkout import ROOT

#: Folders of their own, and what they are for.
OWN = {
    "acceptance": "what an issue asked for, measured",
    "acceptance/deciding": "what the issue on deciding asked for, one file for each subject",
    "acceptance/storing": "what the issue on new storages asked for, likewise",
    "demo": "real weights, through every layer",
    "extending": "a toy of each kind of extension, added to a copy of the checkout",
    "stacks/faults": "what is seeded into the program, to see that a rule catches it",
    "stacks/rules": "what every recorded deployment has to keep",
    "support": "what all tests share",
}


def test_every_folder_has_a_folder_that_it_tests_or_a_reason() -> None:
    tests = ROOT / "tests"
    folders = {path.parent.relative_to(tests).as_posix() for path in tests.rglob("*.py")} - {"."}
    tested = {folder.partition("/support")[0] for folder in folders - set(OWN)} - {*OWN}

    assert {folder for folder in tested if not (ROOT / folder).is_dir()} == set()
    assert set(OWN) <= {folder.partition("/support")[0] for folder in folders}
