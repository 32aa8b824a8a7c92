"""Charts are pure: where things stand is worked out by hand here."""

import re
from xml.etree import ElementTree

import pytest

from frontend.charts import (
    Domain,
    Estimate,
    Part,
    Row,
    Series,
    bar,
    by_version,
    domain,
    intervals,
    parts,
    percent,
)


def elements(svg, tag, css):
    return [e for e in parse(svg).iter(tag) if css in (e.get("class") or "").split()]


def parse(svg):
    return ElementTree.fromstring(svg)  # noqa: S314 our own output


def test_limits_are_round_and_hold_every_interval():
    shown = domain([Estimate(0.712, 0.66, 0.761), Estimate(0.58, 0.53, 0.62)])
    assert (shown.low, shown.high) == (0.5, 0.8)
    assert shown.ticks == (0.5, 0.6, 0.7, 0.8)


def test_limits_hold_what_must_always_be_seen():
    assert domain([Estimate(0.9)], always=[0.5]).low == 0.5


def test_nothing_to_show_still_has_limits():
    assert domain([None]).low < domain([None]).high


def test_a_lone_value_has_room_around_it():
    shown = domain([Estimate(0.7)])
    assert shown.low < 0.7 < shown.high


def test_values_outside_the_limits_stay_on_the_chart():
    shown = Domain(0, 1, (0, 1))
    assert [shown.share(v) for v in (-3, 0.25, 7)] == [0, 0.25, 1]


def test_parts_have_shares_of_the_whole():
    assert [p.share for p in parts([Part("a", 1, "x"), Part("b", 3, "y")])] == [0.25, 0.75]


def test_an_empty_whole_has_no_shares():
    assert [p.share for p in parts([Part("a", 0, "x")])] == [0]


def test_a_bar_stacks_its_parts_and_leaves_out_empty_ones():
    whole = parts([Part("people", 30, "people"), Part("none", 0, "x"), Part("judge", 10, "judge")])
    drawn = elements(bar(whole, label="Labels"), "rect", "fill")
    assert [(e.get("x"), e.get("width")) for e in drawn] == [
        ("0.00%", "75.00%"),
        ("75.00%", "25.00%"),
    ]


def test_higher_values_stand_higher():
    series = Series("model", [Estimate(0.6, 0.5, 0.7), None, Estimate(0.8, 0.7, 0.9)], "model")
    svg = by_version(["1", "2", "3"], [series], label="Accuracy")
    first, last = elements(svg, "circle", "point")
    assert float(first.get("cy")) > float(last.get("cy"))
    assert len(elements(svg, "line", "path")) == 1
    assert len(elements(svg, "line", "interval")) == 2


def test_a_version_without_a_value_has_no_point():
    svg = by_version(["1"], [Series("judge", [None], "judge")], label="Accuracy")
    assert elements(svg, "circle", "point") == []


def test_many_versions_are_not_all_named():
    places = [str(n) for n in range(1, 61)]
    svg = by_version(places, [Series("m", [Estimate(0.5)] * 60, "model")], label="Accuracy")
    named = [e.text for e in parse(svg).iter("text") if e.get("y") == "234"]
    assert named[-1] == "60"
    assert len(named) <= 12


def test_an_interval_ends_where_its_limits_are():
    rows = [Row("overall", Estimate(0.5, 0.25, 0.75))]
    svg = intervals(rows, label="Agreement", always=[0, 1], as_percent=False)
    [line] = elements(svg, "line", "interval")
    assert (line.get("x1"), line.get("x2")) == ("26.00%", "74.00%")


def test_a_row_without_an_estimate_says_so():
    assert "not yet" in intervals([Row("overall", None)], label="Agreement")


def test_names_are_escaped_and_nothing_carries_a_style():
    svg = intervals([Row("<script>", Estimate(0.5))], label='"><b>')
    assert "<script>" not in svg
    assert "<b>" not in svg
    assert not re.search(r"\sstyle=", svg)


@pytest.mark.parametrize(
    ("value", "words"), [(0.7124, "71.2\N{NO-BREAK SPACE}%"), (1, "100.0\N{NO-BREAK SPACE}%")]
)
def test_shares_are_written_as_per_cent(value, words):
    assert percent(value) == words
