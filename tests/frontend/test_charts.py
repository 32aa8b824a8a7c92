"""Charts are pure: where things stand is worked out by hand here."""

import re
from xml.etree import ElementTree

import pytest

from frontend.charts import (
    Ahead,
    Domain,
    Estimate,
    Level,
    Part,
    Row,
    Series,
    Stack,
    areas,
    bar,
    by_version,
    domain,
    intervals,
    meter,
    parts,
    percent,
    round_domain,
    stacked,
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


# ----------------------------------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0, (0, 1)),
        (1, (0, 1)),
        (3, (0, 1, 2, 3)),
        (7, (0, 2, 4, 6, 8)),
        (480, (0, 200, 400, 600)),
        (1_000_000, (0, 500_000, 1_000_000)),
    ],
)
def test_counts_have_round_limits_from_nought(most, ticks):
    assert round_domain(most).ticks == ticks


def test_small_sums_of_money_have_ticks_between_whole_numbers():
    assert round_domain(0.3, whole=False).ticks == (0, 0.1, 0.2, 0.3)


def test_bars_stack_from_below_and_say_what_they_are():
    svg = stacked(
        ["1 Mar", "2 Mar"],
        [Stack("by people", "people", [30, 0]), Stack("by judges", "judge", [10, 40])],
        label="Labels",
        last_is_part=True,
    )
    below, above, alone = elements(svg, "rect", "fill")
    assert float(above.get("y")) + float(above.get("height")) == float(below.get("y"))
    assert float(alone.get("y")) == 18.0  # 40 of 40: the top
    assert [e.find("title").text for e in (below, alone)] == [
        "1 Mar: 30 by people",
        "2 Mar: 40 by judges",
    ]
    assert len(elements(svg, "g", "part")) == 1


def test_areas_lie_on_each_other_and_end_where_the_sums_do():
    svg = areas(
        [0, 0.5],
        [Stack("people", "people", [0, 50]), Stack("judges", "judge", [0, 50])],
        label="USD",
        names=[(0, "1 Mar")],
    )
    people, judges = elements(svg, "path", "fill")
    assert people.get("d") == "M0.00 100.00L50.00 50.00L50.00 100.00L0.00 100.00Z"
    assert judges.get("d") == "M0.00 100.00L50.00 0.00L50.00 50.00L0.00 100.00Z"


def test_a_cap_is_a_line_at_its_height_and_what_is_expected_leads_to_it():
    svg = areas(
        [0, 0.5],
        [Stack("people", "people", [0, 50])],
        label="USD",
        names=[],
        levels=[Level(100, "cap", 0.25)],
        ahead=[Ahead(0.5, 50, 0.8, 100, 0.7, 0.9)],
    )
    [cap] = elements(svg, "line", "cap")
    assert (cap.get("y1"), cap.get("x1"), cap.get("x2")) == ("18.0", "32.38%", "99.50%")
    [path] = elements(svg, "path", "ahead")
    assert path.get("d") == "M50.00 50.00L80.00 0.00"
    [span] = elements(svg, "line", "interval")
    assert (span.get("x1"), span.get("x2")) == ("72.65%", "90.55%")


def test_charts_of_nothing_are_still_charts():
    assert parse(stacked([], [], label="Labels")) is not None
    assert parse(areas([], [], label="USD", names=[])) is not None


def test_words_in_charts_over_time_are_escaped():
    stacks = [Stack("<script>", '"x', [1])]
    for svg in (
        stacked(["<b>"], stacks, label="<i>"),
        areas([0.5], stacks, label="<i>", names=[(0, "<b>")], levels=[Level(1, "<u>")]),
    ):
        assert not any(f"<{name}>" in svg for name in ("script", "b", "i", "u"))


def test_a_meter_is_full_at_its_end_and_never_fuller():
    [half] = elements(meter(0.5, label="half"), "rect", "fill")
    [full] = elements(meter(1.7, label="over"), "rect", "full")
    assert (half.get("width"), full.get("width")) == ("50.00%", "100.00%")
