"""Markdown rendered with a source map says truly where in the text each character stands."""

import re
from itertools import groupby

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from frontend.markdown import LONGEST, raw, render
from tests.drawn_texts import MARKDOWN_WITH_FORMULAS
from tests.frontend.mapped import read
from tests.frontend.test_markdown import EVIL, REPEATED

PLACED = re.compile(r' data-[se]="[\d ]*"')
COLOURED = re.compile(r'<span class="[a-z0-9]{1,3}">([^<]*)</span>')
ADDED = re.compile(r'<span data-s="[\d ]*"(?: data-e="\d*")?>([^<]*)</span>')


def marks(text, **options):
    """What each element with a place shows, and what of the source it stands for."""
    shown = read(render(text, mapped=True, **options))
    grouped = groupby((one for one in shown if one.mark), lambda one: one.mark)
    parts = [list(group) for _, group in grouped]
    return [("".join(c.text for c in part), text[part[0].start : part[-1].end]) for part in parts]


def same(*texts):
    """Parts that are shown as they stand in the source."""
    return [(text, text) for text in texts]


def unmarked(html):
    """Without what the map adds or takes: colours of code with tabs that are in part indentation.

    Ends of lines are not to be seen where they end an element or are several; nor is the mark of
    byte order, which Pygments drops.
    """
    text = PLACED.sub("", COLOURED.sub(r"\1", ADDED.sub(r"\1", html)))
    return re.sub(r"\n+", "\n", text.replace("\ufeff", "").replace("\n</code>", "</code>"))


def check(text, **options):
    """What is to be seen has a place, where that character stands, and places only go on."""
    html = render(text, mapped=True, **options)
    after, whole = 0, None
    for one in read(html):
        if one.whole:
            assert after <= one.start < one.end <= len(text) or (one.start, one.end) == whole
            after, whole = one.end, (one.start, one.end)
        elif one.mark:
            assert after <= one.start <= one.end <= len(text)
            after = one.end
            is_there = text[one.start : one.end] == one.text
            assert is_there or (one.text == "\n" and _breaks(text[one.start : one.end]))
        else:
            assert one.text.isspace()
    return html


def _breaks(between):
    """What lies between two lines: nothing, or white space, a break, and marks of quotes and lists."""
    return re.fullmatch(r"(?:[ \t]*(?:\r\n?|\n)[ \t>]*)?", between) is not None


# ------------------------------------------------------------------------------------- by construct


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain words, 🙂 too", same("plain words, 🙂 too")),
        ("🙂 *🇩🇪* e\u0301", same("🙂 ", "🇩🇪", " e\u0301")),
        ("a *b* _c_", same("a ", "b", " ", "c")),
        ("**a** ~~b~~", same("a", " ", "b")),
        ("***a** b*", same("a", " b")),
        ("x ~~~a~~~", same("x ~", "a", "~")),
        ("2 * 3 * 4_a_b", same("2 * 3 * 4_a_b")),
        (r"a\*b\q", [("a", "a"), (r"*b\q", r"*b\q")]),
        ("a &amp; &#x42;", [("a ", "a "), ("&", "&amp;"), (" ", " "), ("B", "&#x42;")]),
        ("&semi; &nosuch;", [(";", "&semi;"), (" &nosuch;", " &nosuch;")]),
        ("<div> &", same("<div> &")),
        ("[1] [a *b*](http://c 'd')", same("[1] ", "a ", "b")),
        ("<http://a.b> <m@a.b>", same("http://a.b", " ", "m@a.b")),
        ("<http://a.b/%20c>", [("http://a.b/ c", "http://a.b/%20c")]),
        ("![a *b*](http://c) d", [("Image: a b", "![a *b*](http://c)"), (" d", " d")]),
        ("a\u00a0b\tc", same("a\u00a0b\tc")),
    ],
)
def test_words_are_found(text, expected):
    assert marks(text) == expected
    check(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`a`", same("a")),
        ("`` `a` ``", same("`a`")),
        ("` ` `  a `", same(" ", " ", " a")),
        ("`a\nb`", same("a", "b")),
        ("```\na\n\nb\n```", same("a\n\nb\n")),
        ("```py\nif a:\n\tb = '🙂'\n```", same("if a:\n\tb = '🙂'\n")),
        ("~~~\na", same("a")),
        ("- ```\n  a\n   b\n  ```", [("a\n b\n", "a\n   b\n")]),
        ("    a\n      b\n", [("a\n  b\n", "a\n      b")]),
        ("> ```\n> a\n>  b\n> ```", [("a\n b\n", "a\n>  b\n")]),
        ("-\t\ta", same("a\n"[:1])),
    ],
)
def test_code_is_found(text, expected):
    assert [(one.rstrip("\n"), of.rstrip("\n")) for one, of in marks(text)] == [
        (one.rstrip("\n"), of.rstrip("\n")) for one, of in expected
    ]
    check(text)


def test_code_keeps_its_colours():
    for code in (
        "```python\nif a:\n    b = '1'\n```",
        "- ```python\r\n  if a:\r\n\r\n      b\r\n  ```",
    ):
        assert re.findall('class="[^"]*"', render(code, mapped=True)) == (
            re.findall('class="[^"]*"', render(code))
        )
    tabs = render(" ```python\n\tif a: b\n", mapped=True)
    assert '<code class="language-python">   <span data-s="12">if a: b\n</span></code>' in tabs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb", [("a\nb", "a\nb")]),
        ("a \n  b", [("a\nb", "a \n  b")]),
        ("a\r\nb", [("a\nb", "a\r\nb")]),
        ("a\rb", [("a\nb", "a\rb")]),
        ("a  \nb", same("a", "b")),
        ("a\\\r\nb", same("a", "b")),
        ("a *b\nc*\nd", same("a ", "b\nc", "\nd")),
        ("\n\n \n a\n", same("a")),
    ],
)
def test_ends_of_lines_are_found(text, expected):
    assert marks(text) == expected
    check(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# a b #\n## # c", same("a b", "# c")),
        ("a\nb\n==", same("a\nb")),
        ("> a\n> b\nc", [("a\nb\nc", "a\n> b\nc")]),
        ("- a\n- b\n\n  c\n  - d", same("a", "b", "c", "d")),
        ("1. > - a\n   >   b", [("a\nb", "a\n   >   b")]),
        ("| a | b |\n|--|--|\n| c | `d` |", same("a", "b", "c", "d")),
        ("x | y\n-|-\n*a* | \\| b", same("x", "y", "a", "| b")),
        ("> a|b\n> -|-\n> c\\|d|e|", [*same("a", "b", "c", "|d", "e")]),
        ("---", []),
    ],
)
def test_blocks_are_found(text, expected):
    assert marks(text) == expected
    check(text)


@pytest.mark.parametrize("text", ["so $x^2$ is", "\\(y\\)", "$$\nz\n$$", "- \\[x\n  + y\\]"])
def test_a_formula_stands_for_its_source_as_a_whole(text):
    [(_, source)] = [one for one in marks(text) if one[0].strip()[:1] in "$\\"]
    assert source[:1] in "$\\"
    assert source[-1:] in "$])"
    check(text)


def test_citations_are_found():
    assert marks("a [1][2:1] [1, 2]", sources=(1, 1)) == same(
        "a ", "[1]", "[2:1]", " [", "1", ", ", "2", "]"
    )


def test_what_is_too_much_for_markdown_is_found_as_it_stands():
    text = "a\r\n" + "[" * 300 + "*b* " * 40_000
    [(shown, source)] = marks(text)
    assert source == text.rstrip()
    assert shown == source.replace("\r", "")


@pytest.mark.parametrize("text", ["> " * 300 + "deep\r\n🙂\r", "\nword 🙂\r\n" * (LONGEST // 8)])
def test_what_is_shown_as_it_is_stored_stands_where_it_is(text):
    html = render(text, mapped=True)
    assert html == raw(text, mapped=True)
    assert [(one.text, one.start) for one in read(html)] == [(c, n) for n, c in enumerate(text)]


@pytest.mark.parametrize("text", ["-\t\ta", "-\t \ta", ">\t \ta", "-   \ta", "- \t \ta"])
def test_the_rest_of_a_tab_that_is_in_part_indentation_is_no_text(text):
    shown = read(render(text, mapped=True))
    assert "".join(one.text for one in shown).strip("\n") == "  a"
    assert marks(text) == [("a\n", "a")]


# ---------------------------------------------------------------------------------------- any text


@settings(max_examples=400)
@given(MARKDOWN_WITH_FORMULAS)
@example("-\t\tfoo\n\n\t\tcode2")
@example("```js\n\ta\r\n\r\nb\r\n```")
def test_any_text_is_mapped_truly(text):
    html = check(text, sources=(1, 1))
    assert unmarked(html) == unmarked(render(text, sources=(1, 1)))


@settings(max_examples=150)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60))
def test_any_characters_are_mapped_truly(text):
    html = check(text)
    assert unmarked(html) == unmarked(render(text))


@pytest.mark.parametrize("piece", REPEATED)
def test_a_piece_repeated_is_mapped_truly(piece):
    check((piece * 2_000)[:2_000], sources=(3, 3))


@pytest.mark.parametrize(
    "text",
    [
        *EVIL,
        "\n\n".join(EVIL),
        '<span data-s="0" data-e="99">x</span>',
        '[a](b "c\\" data-s=\\"7\\"") ![x" data-s="9](y)',
        "```x data-s=7\na\n```",
        '<p data-s="5">`<b data-s="3">`</p>',
    ],
)
def test_no_text_can_say_where_it_stands(text):
    check(text, sources=(1, 1))


def test_nothing_says_where_it_stands_where_nobody_asks():
    text = "# a\n\n*b* `c` $d$ ![e](f) &amp; <span data-s='1'>\n\n```py\nx\n```"
    assert " data-" not in re.sub(r"&lt;.*?&gt;", "", render(text))
