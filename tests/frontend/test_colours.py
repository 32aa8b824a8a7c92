"""What is told by colour can be read: contrasts by WCAG 2.2, in the light scheme and the dark one."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "frontend/static/frontend/css"
PAIR = re.compile(r"light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\)")


def luminance(colour):
    digits = colour.lstrip("#")
    digits = "".join(2 * one for one in digits) if len(digits) == 3 else digits
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def token(name):
    found = re.search(rf"--{name}: {PAIR.pattern}", (CSS / "base.css").read_text(encoding="utf-8"))
    return found.groups()


def test_the_measure_is_that_of_the_standard():
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


def code_colours():
    css = (CSS / "reading.css").read_text(encoding="utf-8")
    code = css[css.index("code, by Pygments") :]
    return [found.groups() for found in PAIR.finditer(code)]


def test_code_in_colour_can_be_read_on_its_ground():
    colours = code_colours()
    assert len(colours) >= 8
    for scheme, ground in enumerate(token("ground")):
        for colour in colours:
            assert contrast(colour[scheme], ground) >= 4.5, (colour, ground)


@pytest.mark.parametrize("name", ["tandem-chosen", "tandem-other"])
def test_marked_differences_can_be_read_and_are_told_by_more_than_colour(name):
    css = (CSS / "reading.css").read_text(encoding="utf-8")
    rule = re.search(rf"::highlight\({name}\) {{(.*?)}}", css, re.DOTALL)[1]
    ground, ink, line = (found.groups() for found in PAIR.finditer(rule))
    for scheme in (0, 1):
        assert contrast(ink[scheme], ground[scheme]) >= 7
        assert contrast(line[scheme], ground[scheme]) >= 3
    assert "text-decoration: underline" in rule


def test_the_two_sides_of_a_difference_are_underlined_in_different_ways():
    css = (CSS / "reading.css").read_text(encoding="utf-8")
    ways = re.findall(
        r"::highlight\([a-z-]+\) {.*?text-decoration: underline (\w+)", css, re.DOTALL
    )
    assert sorted(ways) == ["dashed", "solid"]
