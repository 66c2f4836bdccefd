"""The page's function: everything in one document, a policy that allows only that, and honest statuses."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.storages import NAMES
from page import handler as module
from page.handler import FILES, handler, page
from similarity.bundle.manifest import AIID

DIRECTIVE = re.compile(r"([a-z-]+)((?: [^;]+)?)")


def ask(path: str = "/", method: str = "GET", **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return handler({"rawPath": path, "headers": named, "requestContext": {"http": {"method": method}}}, None)


def policy(response: dict[str, Any]) -> dict[str, set[str]]:
    found = (DIRECTIVE.fullmatch(part.strip()) for part in response["headers"]["Content-Security-Policy"].split(";"))
    return {match[1]: set(match[2].split()) for match in found if match}


class Inline(HTMLParser):
    """Tags of a document, and what its style and script elements hold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.held: dict[str, list[str]] = {"style": [], "script": []}
        self._open: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag if tag in self.held else None
        if self._open:
            self.held[self._open].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = None

    def handle_data(self, data: str) -> None:
        if self._open:
            self.held[self._open][-1] += data


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("BACKENDS", raising=False)
    module._document.cache_clear()
    yield
    module._document.cache_clear()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the page's files that a test may change."""
    copy = Path(shutil.copytree(FILES, tmp_path / "page"))
    (copy / "openapi.json").write_text('{"openapi": "3.1.0"}')
    monkeypatch.setattr(module, "FILES", copy)
    return copy


def test_every_file_is_in_the_page_and_nothing_is_asked_for_elsewhere() -> None:
    response = ask()
    assert (response["statusCode"], response["headers"]["Content-Type"]) == (200, "text/html; charset=utf-8")
    seen = Inline(response["body"])
    for kind, element in (("css", "style"), ("js", "script")):
        ours = sorted(path.read_text(encoding="utf-8") for path in FILES.glob(f"*.{kind}"))
        assert sorted(seen.held[element]) == ours
        assert ours
    links = [values for tag, values in seen.tags if tag in ("link", "script", "img", "iframe", "style")]
    assert [values.get("href") for values in links if values] == ["data:,"]
    assert not any("src" in values for values in links)
    assert not re.search(r"url\(|@import|</script[^>]*>[^<]*</script", response["body"])


def test_the_policy_allows_what_is_in_the_page_by_its_hash_and_nothing_else() -> None:
    response = ask()
    seen, allowed = Inline(response["body"]), policy(response)
    for element in ("style", "script"):
        digests = (hashlib.sha256(text.encode()).digest() for text in seen.held[element])
        assert allowed[f"{element}-src"] == {f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests}
    for name in ("default-src", "base-uri", "form-action", "frame-ancestors"):
        assert allowed[name] == {"'none'"}
    assert allowed["connect-src"] == {"'self'"}
    assert not any("unsafe" in word or word == "*" for words in allowed.values() for word in words)
    attributes = {name for _, values in seen.tags for name in values}
    assert not {name for name in attributes if name == "style" or name.startswith("on")}


@pytest.mark.parametrize("path", ["/", "/openapi.json", "/nowhere"])
def test_every_answer_has_the_security_headers(path: str, files: Path) -> None:
    headers = ask(path)["headers"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert policy(ask(path))["default-src"] == {"'none'"}


def test_the_openapi_document_is_given_as_it_is(files: Path) -> None:
    response = ask("/openapi.json")
    assert response["headers"]["Content-Type"] == "application/json"
    assert response["body"] == (files / "openapi.json").read_text()


def test_without_the_openapi_document_there_is_no_such_page(files: Path) -> None:
    (files / "openapi.json").unlink()
    assert ask("/openapi.json")["statusCode"] == 404


@pytest.mark.parametrize("path", ["/", "/openapi.json"])
def test_head_has_the_headers_and_no_body(path: str, files: Path) -> None:
    got, head = ask(path), ask(path, "HEAD")
    assert (head["statusCode"], head["headers"], head["body"]) == (200, got["headers"], "")


@pytest.mark.parametrize("path", ["/", "/openapi.json"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', "*"])
def test_what_the_browser_knows_already_is_not_sent_again(path: str, method: str, known: str, files: Path) -> None:
    tag = ask(path)["headers"]["ETag"]
    response = ask(path, method, If_None_Match=known.format(tag))
    assert (response["statusCode"], response["body"], response["headers"]["ETag"]) == (304, "", tag)


def test_a_change_of_any_file_changes_the_tag(files: Path) -> None:
    tags = [ask()["headers"]["ETag"]]
    for path in [*files.glob("*.css"), *files.glob("*.js"), files / "index.html"]:
        path.write_text(path.read_text() + "\n")
        module._document.cache_clear()
        tags.append(ask(If_None_Match=tags[-1])["headers"]["ETag"])
    assert len(set(tags)) == len(tags) > 5


@pytest.mark.parametrize("path", ["/nowhere", "", "//", "/index.html", "/handler.py", "/../etc/passwd", "/page/", None])
def test_any_other_path_is_a_404_in_json(path: str | None) -> None:
    response = handler({"rawPath": path, "requestContext": {"http": {"method": "GET"}}}, None)
    assert response["statusCode"] == 404
    assert list(json.loads(response["body"])) == ["message"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get"])
def test_any_other_method_is_a_405_that_says_which_are_allowed(method: str) -> None:
    response = ask("/", method)
    assert (response["statusCode"], response["headers"]["Allow"]) == (405, "GET, HEAD")
    assert list(json.loads(response["body"])) == ["message"]


@given(path=st.text() | st.sampled_from(["/", "/openapi.json"]), method=st.text(max_size=10), known=st.text())
def test_no_request_breaks_it_or_makes_it_tell_where_its_files_are(path: str, method: str, known: str) -> None:
    response = ask(path, method, if_none_match=known)
    assert response["statusCode"] in (200, 304, 404, 405)
    assert str(FILES) not in json.dumps(response)
    assert all(value.isascii() and value.isprintable() for value in response["headers"].values())


def test_the_deployment_says_which_backends_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKENDS", "s3,oci")
    response = ask()
    told = [values for tag, values in Inline(response["body"]).tags if values.get("name") == "storage"]
    assert [(values["content"], values["data-title"]) for values in told] == [("s3", "S3"), ("oci", "Image")]
    assert told[0]["data-kept"] == "in a bucket, fetched into /tmp"
    assert policy(response)["script-src"] == policy(ask())["script-src"]


def test_without_being_told_the_page_looks_for_all_storages() -> None:
    tags = Inline(ask()["body"]).tags
    assert [values["content"] for _, values in tags if values.get("name") == "storage"] == list(NAMES)


def test_the_collection_that_has_a_link_and_examples_is_aiids() -> None:
    """The script compares what a function says with what this template says."""
    (held,) = re.findall(r'<template id="aiid">\s*<a [^>]*>([^<]*)</a>\s*</template>', page(FILES).text)
    assert held == AIID.title


@pytest.mark.parametrize("names", ["S3", "s3,", "s3, oci", '"><script>', "s3\n"])
def test_an_unknown_storage_is_refused(names: str) -> None:
    with pytest.raises(ValueError, match="there is no storage"):
        page(FILES, names)


def test_it_needs_the_standard_library_alone() -> None:
    nodes = ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8")))
    names = {
        name.partition(".")[0]
        for node in nodes
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
        + ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
    }
    assert names <= sys.stdlib_module_names | {"contract"}  # which needs no more itself


def test_a_note_is_shown_as_text_and_nothing_without_one() -> None:
    assert '<p id="note" class="notice" role="note" hidden></p>' in page(FILES).text
    assert '<p id="note" class="notice" role="note">a &lt;b&gt; lab</p>' in page(FILES, note="a <b> lab").text
