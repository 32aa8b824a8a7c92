"""The colours of marks: legible in both schemes, by WCAG's contrast."""

import re
from pathlib import Path

import pytest

from annotate.questions.base.labels import COLOURS

ROOT = Path(__file__).parent.parent.parent
MARKS = ROOT / "annotate/questions/base/static/questions/base.css"
PAGE = ROOT / "frontend/static/frontend/css/base.css"
TEXT, GRAPHICS = 4.5, 3.0


def tokens(path):
    """Light and dark, by name."""
    found = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", path.read_text("utf-8"))
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour):
    digits = colour.lstrip("#")
    digits = "".join(2 * one for one in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_wcag():
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#fff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("colour", COLOURS)
def test_each_colour_of_the_palette_passes(colour, scheme):
    marks, page = tokens(MARKS), tokens(PAGE)
    line, wash = marks[f"mark-{colour}"][scheme], marks[f"wash-{colour}"][scheme]
    paper, ground, ink = (page[name][scheme] for name in ("paper", "ground", "ink"))
    assert contrast(ink, wash) >= TEXT, "the text on its wash"
    assert contrast(paper, line) >= TEXT, "the text of the mark that is chosen"
    assert contrast(line, wash) >= GRAPHICS, "the line below its wash"
    assert min(contrast(line, paper), contrast(line, ground)) >= GRAPHICS, "the line on the page"
