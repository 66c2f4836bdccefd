"""Text of others shows literally in Markdown, in HTML and on the terminal."""

from __future__ import annotations

import io
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bench.process.printable import printable
from bench.process.redact import redact
from bench.process.say import Printer, say
from bench.report.table import Table
from bench.report.views.markdown import bullets, markdown_table
from bench.text.escape import in_html, in_markdown

MARKUP = [
    "<script>alert(1)</script>", "<!--", "&amp;", "[a](http://x.y)", "![a](b)", "**b**", "_i_", "`c`", "| x |", "# h",
    "- l", "1. n", "> q", "~~s~~", "\\", "http://x.y", "www.x.y", "<http://x.y>", "```", "---", "\n", "\t",
    "[red]r[/red]", "[/]", "[link=http://x]y[/link]", "\x1b]8;;http://x\x07y\x1b]8;;\x07", "\x1b[2J", "\x9b31m",
    "\u202e", "\u2066", "\u200b", "\ud800", "\x00", "\x7f", ":smile:", "=", "+ p", "\u2028", "a", " ", "'\"",
]  # fmt: skip
hostile = st.lists(st.sampled_from(MARKUP) | st.text(max_size=6), max_size=8).map("".join)
reader = MarkdownIt("commonmark", {"linkify": False}).enable(["table", "strikethrough"])
_PLAIN = {"text", "softbreak", "text_special"}


def inline_tokens(source: str) -> list[Token]:
    return [child for token in reader.parse(source) for child in token.children or ()]


def block_types(source: str) -> list[str]:
    return [token.type for token in reader.parse(source)]


def shown(source: str) -> str:
    return "".join(token.content for token in inline_tokens(source))


@given(hostile)
def test_printable_text_holds_nothing_that_drives_a_terminal_or_hides(text: str) -> None:
    assert all(unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in printable(text))
    assert printable(printable(text)) == printable(text)
    printable(text).encode("utf-8")


@given(hostile)
@example("    code")
def test_a_markdown_list_item_is_text_and_nothing_else(text: str) -> None:
    source = bullets([text])
    assert {token.type for token in inline_tokens(source)} <= _PLAIN
    expected = ["bullet_list_open", "list_item_open", "paragraph_open", "inline", "paragraph_close", "list_item_close"]
    if printable(text).strip():
        assert block_types(source) == [*expected, "bullet_list_close"]
        assert shown(source).strip() == printable(text).strip()


@given(hostile)
@example(" bold ")
def test_text_in_bold_is_bold_and_nothing_else(text: str) -> None:
    if printable(text).strip():
        tokens = inline_tokens(f"- **{in_markdown(text)}**: more")
        assert [token.type for token in tokens if token.type not in _PLAIN] == ["strong_open", "strong_close"]


@given(hostile)
@example("    code")
def test_a_paragraph_is_text_and_nothing_else(text: str) -> None:
    if printable(text).strip():
        source = in_markdown(text)
        assert block_types(source) == ["paragraph_open", "inline", "paragraph_close"]
        assert shown(source).strip() == printable(text).strip()


@given(st.lists(st.tuples(hostile, hostile), min_size=1, max_size=3))
def test_a_markdown_table_keeps_its_cells(rows: list[tuple[str, str]]) -> None:
    source = markdown_table(Table("t", ("a", "b"), rows))
    assert block_types(source).count("td_open") == 2 * len(rows)
    assert {token.type for token in inline_tokens(source)} <= _PLAIN


@pytest.mark.parametrize("address", ["http://x.y", "https://x.y", "ftp://x.y", "www.x.y"])
def test_bare_addresses_do_not_become_links_where_markdown_makes_some(address: str) -> None:
    assert address not in in_markdown(f"see {address} now")
    assert shown(in_markdown(f"see {address} now")) == f"see {address} now"


class Collected(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[object] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(hostile)
def test_html_shows_the_text_and_has_no_other_element_or_attribute(text: str) -> None:
    seen = Collected()
    seen.feed(f'<p title="{in_html(text)}">{in_html(text)}</p>')
    seen.close()
    assert seen.tags == [("p", [("title", printable(text))])]
    assert seen.text == printable(text)


@given(hostile)
def test_the_terminal_shows_the_text_in_lines_and_tables(text: str) -> None:
    from rich.table import Table as RichTable

    file = io.StringIO()
    console = Printer(file=file, width=2000, force_terminal=True, no_color=True, color_system=None)
    console.print(text)
    table = RichTable("a", title=text)
    table.add_row(text)
    console.print(table)
    written = file.getvalue()
    assert all(unicodedata.category(character) not in ("Cc", "Cf", "Cs") or character == "\n" for character in written)
    shows = printable(redact(text)).split()  # what looks like a password in an address is hidden
    assert not shows or shows[0] in written


def test_lines_to_people_are_printable(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\x1b[2Jb\u202ec\nd")
    assert capsys.readouterr().out == "a\\u001b[2Jb\\u202ec\nd\n"
