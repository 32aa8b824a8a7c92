import html
import re

import pytest

from frontend.markdown import LONGEST, has_math, raw, render


def formulas(text):
    return re.findall(r'<(?:span|div) class="math[^>]*>([^<]*)<', render(text))


def displayed(text):
    return re.findall(r'<(?:span|div) class="math display"[^>]*>([^<]*)<', render(text))


# ------------------------------------------------------------------------------------------ formulas


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Let $x$ be, the $k$th.", ["$x$", "$k$"]),
        ("so $a_1 < b$, $\\frac{1}{2}$.", ["$a_1 &lt; b$", "$\\frac{1}{2}$"]),
        (r"\(x\) and \(y^2\)", [r"\(x\)", r"\(y^2\)"]),
        ("triangle $ABC$", ["$ABC$"]),
        ("*$x*y$*", ["$x*y$"]),
        ("| $x$ |\n|--|\n| $y$ |", ["$x$", "$y$"]),
    ],
)
def test_formulas_are_marked_and_stay_as_they_were_written(text, expected):
    assert formulas(text) == expected
    assert has_math(render(text))


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $6.",
        "Between $5 and 10$ each.",
        "US$5, then US$6.",
        "$20 a month or $30 in all$",
        "Put $HOME:$PATH there",
        "$$$ get rich $$$",
        "We pay $$ and $$",
        r"An escaped \$x\$ stays",
        "`$x$` and ``\\(y\\)``",
        "```\n$x$\n\\[y\\]\n```",
        "    $x$",
        "$ x $",
        "A lone $ or \\( or \\[ or $$",
        "$a `b$` c",
    ],
)
def test_prices_and_code_are_no_formulas(text):
    assert formulas(text) == []
    assert not has_math(render(text))


@pytest.mark.parametrize(
    "text",
    [
        "$$\nx\n+ y\n= z\n$$",
        "\\[\nx\n+ y\n= z\n\\]",
        "So:\n$$x\n+ y\n= z$$\nDone.",
        "- \\[x\n  + y\\]",
    ],
)
def test_a_formula_of_several_lines_is_no_list_and_no_heading(text):
    [formula] = displayed(text)
    assert "+ y" in formula
    assert "<h" not in render(text)
    assert render(text).count("<li") == text.count("- \\")


def test_a_formula_within_a_line_may_be_displayed():
    assert displayed("Then $$x^2$$ holds, and \\[y\\].") == ["$$x^2$$", "\\[y\\]"]


# ----------------------------------------------------------------------------------------- citations


def links(text, sources=(2, 5)):
    return re.findall(r'<a href="#([^"]*)"[^>]*>([^<]*)</a>', render(text, sources=sources))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Water [1].", [("passage-1", "[1]")]),
        ("Water [2:3].", [("passage-2-3", "[2:3]")]),
        ("Water [2:3-5].", [("passage-2-3", "[2:3-5]")]),
        ("[1][2]", [("passage-1", "[1]"), ("passage-2", "[2]")]),
        ("[1, 2:1]", [("passage-1", "1"), ("passage-2-1", "2:1")]),
        ("[1, 9]", [("passage-1", "1")]),
        ("| a [1] |\n|--|\n| b |", [("passage-1", "[1]")]),
        ("[3] [0] [2:6] [1:0] [x] [1](http://a.b) `[1]` [1]:", []),
    ],
)
def test_marks_link_to_the_passages_and_sentences_that_are_there(text, expected):
    assert links(text) == expected


def test_marks_are_text_where_there_are_no_passages():
    assert links("[1] [2:3]", sources=()) == []


def test_no_text_is_taken_for_the_definition_of_a_link_and_hidden():
    assert "Smith" in render("See [1].\n\n[1]: Smith", sources=(1,))
    assert "Smith" in render("See [1].\n\n[1]: Smith")


def test_citations_stay_on_the_page_and_other_links_open_beside_it():
    html = render("[1] [site](https://a.b)", sources=(1,))
    assert re.search(r'<a href="#passage-1" class="cite" rel="[^"]*">', html)
    assert re.search(r'<a href="https://a.b" target="_blank" rel="noopener[^"]*">', html)


# ---------------------------------------------------------------------------- tables, code, directions


def test_a_table_scrolls_within_a_block_of_its_own():
    html = render("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert html.startswith('<div class="wide"><table>')
    assert html.rstrip().endswith("</table></div>")
    assert '<td dir="auto" class="align-right">2</td>' in html


def test_code_is_coloured_by_classes_and_runs_left_to_right():
    html = render("```python\ndef f(): return 1\n```")
    assert '<pre dir="ltr">' in html
    assert '<span class="k">def</span>' in html
    assert "style" not in html


@pytest.mark.parametrize("language", ["", "nonsense", "<script>", "../x", "python" * 500])
def test_code_in_no_known_language_is_shown_plain(language):
    html = render(f"```{language}\na < b\n```")
    assert "a &lt; b" in html
    assert "<span" not in html


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("مرحبا", '<p dir="auto">'),
        ("- مرحبا\n- عالم", '<ul dir="rtl">'),
        ("1. مرحبا\n\n2. hello", '<ol dir="rtl">'),
        ("> שלום", '<blockquote dir="rtl">'),
        ("| שלום | b |\n|--|--|\n| c | d |", '<div class="wide" dir="rtl"><table>'),
        ("- 1, hello\n- مرحبا", '<ul dir="ltr">'),
        ("- 你好\n- 世界", "<ul>"),
    ],
)
def test_each_block_runs_the_way_its_text_does(text, start):
    assert render(text).startswith(start)


def test_headings_come_below_those_of_the_page():
    assert "<h3" in render("# One")
    assert "<h6" in render("##### Five")


# ------------------------------------------------------------------------------------- hostile texts

EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "[x](javascript:alert(1)) [y](JaVaScRiPt:alert(1)) <javascript:alert(1)>",
    "[x](data:text/html;base64,PHNjcmlwdD4=) [y](vbscript:x) [z](java\tscript:alert(1))",
    '![x](javascript:alert(1)) ![y](http://evil/pixel.png "t" onerror=alert(1))',
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "$<script>alert(1)</script>$ \\(<img src=x onerror=alert(1)>\\)",
    "$$\n</div><script>alert(1)</script>\n$$",
    '[1"><script>alert(1)</script>]',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<style>*{display:none}</style><iframe src=//evil></iframe><form action=//evil>",
    "| <script> |\n|--|\n| <b onclick=alert(1)>x</b> |",
    '[a](http://x" onmouseover="alert(1))',
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
]
ALLOWED = re.compile(
    r"</?(?:a|blockquote|br|code|div|em|h[1-6]|hr|li|ol|p|pre|s|span|strong|table|tbody|td|th|thead"
    r"|tr|ul)(?: (?:dir|href|title|target|class|rel|start)=\"[^\"<>]*\")*>"
)


@pytest.mark.parametrize("text", [*EVIL, "\n\n".join(EVIL)])
def test_only_harmless_tags_and_attributes_come_out_whatever_goes_in(text):
    html = render(text, sources=(1, 1))
    left = ALLOWED.sub("", html)
    assert "<" not in left
    for href in re.findall(r'href="([^"]*)"', html):
        assert href.startswith(("http://", "https://", "#passage-"))


REPEATED = [
    *(
        "[",
        "![",
        "[]([](",
        "*_",
        "> ",
        "- ",
        "`",
        "$a",
        "$$\n",
        "\\[\n",
        "\\(",
        "<a ",
        "[1,2:3-4",
        "|",
    ),
    *("![[]", "**a _b ", "|a|b|\n|-|-|\n", "\u202e מ", "&#x41;", "<div>", "~~a", "1. ", "[ *a* "),
]


@pytest.mark.parametrize("piece", REPEATED)
def test_a_piece_repeated_without_end_is_rendered_all_the_same(piece):
    text = (piece * LONGEST)[:LONGEST]
    html = render(text, sources=(3, 3))
    assert "<" not in ALLOWED.sub("", html.replace('<pre class="raw" dir="auto">', ""))


def test_brackets_that_never_close_in_a_long_paragraph_are_shown_as_text():
    text = "[" * 300 + "*a* " * 40_000
    html = render(text)
    assert html.count("[") == 300
    assert "<em>" not in html


@pytest.mark.parametrize("marker", ["- ", "> ", "1. "])
def test_nothing_is_left_out_of_lists_however_deep(marker):
    width = len(marker) if marker != "> " else 0
    lines = "".join(
        f"{' ' * width * n if width else '> ' * n}{marker}deep {n}\n" for n in range(120)
    )
    assert all(f"deep {n}" in render(lines) for n in (0, 60, 119))
    assert render("> " * 300 + "at the bottom").count("at the bottom") == 1


def test_a_text_of_a_megabyte_is_shown_as_it_is():
    text = "<b>word</b> " * 90_000
    assert render(text) == raw(text)
    assert render("x" * (LONGEST + 1)) == raw("x" * (LONGEST + 1))


@pytest.mark.parametrize("unit", ["word ", "line\n", "\n", "x", "\r\n", "字", "a " * 5000 + "\n\n"])
def test_a_long_text_comes_in_short_pieces_and_loses_no_character(unit):
    text = (unit * (LONGEST + 7))[: LONGEST + 7]
    pieces = re.findall(r'<span class="piece">([^<]*)</span>', raw(text))
    held = [html.unescape(piece) for piece in pieces]
    assert "".join(held) == text
    assert max(map(len, held)) <= 4_001


def test_a_wide_table_of_short_rows_does_not_grow_into_millions_of_cells():
    table = "|a" * 1000 + "|\n" + "|-" * 1000 + "|\n" + "|x|\n" * 40_000
    assert render(table).count("<td") < 100_000
