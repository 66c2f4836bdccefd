"""The wheel that pip would take, from the names on an index's page."""

from __future__ import annotations

import pytest

from tools.images import index
from tools.images.shell import ToolError

PAGE = """<!DOCTYPE html><html><body>
<a href="../../files/tiny-1.0-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl#sha256=0a">older glibc</a>
<a href="../../files/tiny-1.0-cp313-cp313-manylinux_2_28_x86_64.whl#sha256=0b">newer glibc</a>
<a href="../../files/tiny-1.0-cp313-cp313-manylinux_2_39_x86_64.whl#sha256=0c">a glibc that the base image lacks</a>
<a href="../../files/tiny-1.0-cp313-cp313-manylinux_2_28_aarch64.whl#sha256=0d">another machine</a>
<a href="../../files/tiny-1.0-cp313-cp313t-manylinux_2_28_x86_64.whl#sha256=0e">another ABI</a>
<a href="../../files/tiny-1.0-cp39-abi3-manylinux_2_28_x86_64.whl#sha256=0f">the stable ABI</a>
<a href="../../files/tiny-1.0-py3-none-any.whl#sha256=1a">for all</a>
<a href="../../files/tiny-1.0-1-py3-none-any.whl#sha256=1b" data-requires-python="&gt;=3.13">for all, built again</a>
<a href="../../files/tiny-1.0-py36+-none-any.whl#sha256=1c">a name of before the standard</a>
<a href="../../files/tiny-1.1-cp313-cp313-manylinux_2_28_x86_64.whl#sha256=1d">another version</a>
<a href="../../files/tiny-1.0.tar.gz#sha256=1e">a source</a>
<a href="https://files.example/tiny%2D2.0%2Dpy3%2Dnone%2Dany.whl?x=1" data-requires-python="&lt;3.12">no hash</a>
</body></html>"""


@pytest.mark.parametrize(
    ("version", "machine", "python", "taken"),
    [
        ("1.0", "x86_64", "3.13", "0b"),
        ("1.0", "arm64", "3.13", "0d"),
        ("1", "x86_64", "3.12", "0f"),
        ("1.0", "arm64", "3.12", "1a"),
        ("2.0", "arm64", "3.11", ""),
    ],
    ids=["the newest glibc", "the other machine", "the stable ABI", "any machine", "one without a hash"],
)
def test_the_wheel_is_that_of_pip(version: str, machine: str, python: str, taken: str) -> None:
    assert index.choose("tiny", version, index.files(PAGE), machine, python).sha256 == taken


@pytest.mark.parametrize(("version", "python"), [("2.0", "3.13"), ("3.0", "3.13")])
def test_a_wheel_that_is_missing_is_named(version: str, python: str) -> None:
    with pytest.raises(ToolError, match=rf"no wheel of tiny=={version} for arm64 and Python {python}"):
        index.choose("tiny", version, index.files(PAGE), "arm64", python)
