"""Addresses that tables bring along: a full one of the web is kept as it is, any other is refused by name."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from model.index import addresses
from model.index.records import BadRow


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example",
        "HTTP://X.example:8080/a/b.html?c=d&e=%20#f",
        "https://de.example/wiki/Röntgen",
        "https://[2001:db8::1]/a",
        "https://x.example/" + "a" * (addresses.LONGEST - 18),
    ],
)
def test_an_address_of_the_web_is_taken(url: str) -> None:
    addresses.check(url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("javascript:alert(1)", r"url 'javascript:alert\(1\)' does not begin with https:// or http://"),
        ("JavaScript://x.example/%0aalert(1)", "does not begin with"),
        ("data:text/html,x", "does not begin with"),
        ("ftp://x.example/", "does not begin with"),
        ("x.example/a", "does not begin with"),
        ("//x.example/a", "does not begin with"),
        ("", "does not begin with"),
        ("java\tscript:alert(1)", r"url 'java\\tscript:alert\(1\)' has a blank, a control character"),
        ("https://x.example/\x00", "a control character"),
        ("https://x.example/a\nb", "a control character"),
        ("https://x.example/a b", "has a blank"),
        ("https://x.example/\u202egnp.exe", "a control character"),
        ("https://x.example/\u200b", "a control character"),
        ("https://x.example\\@evil.example/", "another one that no URL has"),
        ('https://x.example/"onclick="x', "another one that no URL has"),
        ("https://x.example/<script>", "another one that no URL has"),
        ("https://x.example@evil.example/", "a user's name before its host"),
        ("https://u:p@x.example/", "a user's name before its host"),
        ("https:///a", "names no host"),
        ("https:a", "names no host"),
        ("https://:443/", "names no host"),
        ("https://аpple.example/", "a host with letters that may look like others"),
        ("https://[::1/", "is not a URL"),
        ("https://x.example:99999/", "is not a URL"),
        ("https://x.example:a/", "is not a URL"),
        ("https://x.example/" + "a" * addresses.LONGEST, "has 2,018 characters; at most 2,000 are taken"),
    ],
)
def test_any_other_is_refused_by_name(url: str, words: str) -> None:
    with pytest.raises(BadRow, match=words) as refused:
        addresses.check(url)
    assert str(refused.value).isprintable()


URLS = st.text() | st.from_regex(r"https?://[a-z@:\\/.\t \[\]0-9é]{0,20}(/[a-z%?#<é\x00]{0,9})?", fullmatch=True)


@given(URLS)
@example("https://a.example/b")
def test_what_is_taken_leads_where_another_reader_says(url: str) -> None:
    with suppress(BadRow):
        addresses.check(url)
        with suppress(LocationParseError):  # it is stricter about hosts
            other = parse_url(url)
            assert other.scheme in ("http", "https")
            assert other.host
            assert other.auth is None
            assert url.lower().startswith((f"{other.scheme}://{other.host}", f"{other.scheme}://["))


@given(st.integers(0, 2**63 - 1))
def test_a_template_makes_the_address_of_any_incident(incident_id: int) -> None:
    addresses.check_template("https://x.example/{incident_id}?a={incident_id}")
    url = addresses.filled("https://x.example/{incident_id}?a={incident_id}", incident_id)
    assert url == f"https://x.example/{incident_id}?a={incident_id}"
    addresses.check(url)


@pytest.mark.parametrize(
    "template",
    [
        "https://x.example/",
        "https://x.example/{id}",
        "https://x.example/{incident_id}/{title}",
        "https://x.example/{incident_id.__class__}",
        "https://x.example/{{incident_id}}",
        "https://x.example/{incident_id",
        "https://x.example/{incident_id}}",
        "https://x.example/{}{incident_id}",
        "javascript:alert({incident_id})",
        "{incident_id}://x.example",
        "https://x.example/ {incident_id}",
        "https://u@x.example/{incident_id}",
        "https://x.example:{incident_id}/",
        "https://x.example/{incident_id}" + "a" * addresses.LONGEST,
    ],
)
def test_a_template_that_cannot_be_filled_or_leads_elsewhere_is_refused(template: str) -> None:
    with pytest.raises(BadRow, match=r"has to hold \{incident_id\}|^url "):
        addresses.check_template(template)
