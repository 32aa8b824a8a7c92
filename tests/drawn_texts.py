"""Texts as hypothesis draws them: what is hard to count, and what is hard to render."""

from hypothesis import strategies as st

# What counts differently in bytes, UTF-16 units, code points and on the screen, and what forms and parsers change.
HARD = (
    *(
        "a",
        "word ",
        "é",
        "e\u0301",
        "क्षि",
        "字",
        "🙂",
        "👍🏽",
        "👩\u200d👩\u200d👧",
        "🇩🇪",
        "\U0010ffff",
        "\ufffd",
    ),
    *(
        "שלום",
        "مرحبا",
        "\u200f",
        "\u200e",
        "\u2066x\u2069",
        "\ufeff",
        "\u00a0",
        "\u2028",
        "\x85",
        "\x0b",
        "\x1f",
    ),
    *(
        " ",
        "  ",
        "\t",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\n\r",
        "\\ud83d",
        "&#13;",
        "&amp;",
        "<b>",
        "</pre>",
        '"',
    ),
)
STORED = (
    st.lists(
        st.one_of(
            st.sampled_from(HARD),
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=5),
        ),
        min_size=1,
        max_size=25,
    )
    .map("".join)
    .filter(bool)
)

_WORDS = st.sampled_from(
    [
        *(
            "word",
            "a",
            "é",
            "e\u0301",
            "字",
            "🙂",
            "👩\u200d👩\u200d👧",
            "🇩🇪",
            "مرحبا",
            "\u200f",
            "\u2066x\u2069",
            "1",
        ),
        *(
            "*",
            "**",
            "_",
            "~~",
            "~",
            "`",
            "``",
            "[",
            "](",
            ")",
            "[a](b 'c')",
            "![i](j)",
            "<http://x.y/%41>",
        ),
        *(
            "\\",
            "\\*",
            "\\\\",
            "\\|",
            "&amp;",
            "&#10;",
            "&#13;",
            "&",
            ";",
            "<b>",
            "<",
            ">",
            '"',
            "[1]",
            "[1, 2:1]",
        ),
        *(" ", "  ", "\t", "\u00a0", "\u2003", "\u2028", "\x0b", "\x85", "\ufeff", "|", ":"),
    ]
)
_FORMULAS = st.sampled_from(["$", "$x$", "$$", "\\(y\\)", "$$\n", "\\["])
_STARTS = st.sampled_from(
    [
        *(
            "",
            "",
            "",
            " ",
            "   ",
            "    ",
            "\t",
            "- ",
            "-\t",
            "-\t\t",
            "1. ",
            "  - ",
            "    - ",
            "> ",
            ">",
            ">\t",
        ),
        *(
            "> > ",
            "> - ",
            "# ",
            "## ",
            "```",
            "```python\n",
            "~~~\n",
            "| ",
            "|--|--|\n",
            "---",
            "===",
            "   > ",
        ),
    ]
)
_ENDS = st.sampled_from(
    [
        "\n",
        "\n",
        "\n\n",
        "\r\n",
        "\r\n",
        "\r",
        " \n",
        "  \n",
        "  \r\n",
        "\\\n",
        "\t\n",
        " #\n",
        " |\n",
    ]
)


def _markdown(words):
    line = st.tuples(_STARTS, _STARTS, st.lists(words, max_size=8).map("".join), _ENDS)
    return st.lists(line.map("".join), min_size=1, max_size=12).map("".join)


MARKDOWN = _markdown(_WORDS)
MARKDOWN_WITH_FORMULAS = _markdown(st.one_of(_WORDS, _WORDS, _FORMULAS))
