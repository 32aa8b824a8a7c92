"""Agreement of projects: which labels count, in which parts, and what the command prints."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import krippendorff
import numpy as np
import pytest
import time_machine
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotate.agreement import (
    compute_agreement,
    detailed_agreement,
    keeping,
    project_agreement,
    shown_agreement,
)
from annotate.agreement.keeping import kept
from annotate.agreement.labels import load
from annotate.models import Annotation, Form, Item
from annotate.presets import PRESETS
from annotate.questions.text.kind import Text, TextConfig
from tests.factories import (
    PAIRWISE,
    make_annotation,
    make_annotator,
    make_item,
    make_member,
    make_project,
)

pytestmark = pytest.mark.django_db
PAIRS = [(-2, -1), (-1, -1), (0, 0), (2, -1), (0, 1)]


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch):
    """Nor may a slow machine let figures rest."""
    monkeypatch.setattr(keeping, "LONG_SECONDS", math.inf)
    cache.clear()


@pytest.fixture
def project():
    project = make_project()
    first, second = make_annotator(project, name="first"), make_annotator(project, name="second")
    for a, b in PAIRS:
        item = make_item(project)
        make_annotation(item, first, value=a)
        make_annotation(item, second, value=b)
    make_annotation(make_item(project), first, value=2)
    return project


def overall(project):
    return project_agreement(project)["overall"]


def label(project, rows, *, people=None, **fields):
    """An item for each row, a label for each value of it, by the same people in order."""
    people = people or [make_annotator(project) for _ in max(rows, key=len)]
    for row in rows:
        item = make_item(project, **fields)
        for who, value in zip(people, row, strict=False):
            if value is not None:
                make_annotation(item, who, value=value)
    return people


# -------------------------------------------------------------------------------- which labels


def test_a_project_s_agreement_is_of_people_s_current_work(project):
    item = project.items.first()
    before = overall(project)
    make_annotation(item, make_annotator(project, kind="llm"), value=2)
    make_annotation(item, make_annotator(project), purpose=Annotation.Purpose.REVIEW, value=2)
    assert overall(project) == before
    assert before["agreement"]["n"] == 5
    assert before["labels"] == 11
    assert before["agreement"]["value"] == pytest.approx(3 / 5)
    assert before["agreement_without_ties"]["value"] == pytest.approx(2 / 3)


def test_figures_are_those_of_the_field_s_library(project):
    found = overall(project)
    sides = np.array([[2, 0, 0], [2, 0, 0], [0, 2, 0], [1, 0, 1], [0, 1, 1]])
    assert found["alpha_sides"]["value"] == pytest.approx(
        krippendorff.alpha(value_counts=sides, level_of_measurement="nominal")
    )
    for metric in ("nominal", "ordinal", "interval"):
        theirs = krippendorff.alpha(np.array(PAIRS).T, level_of_measurement=metric)
        assert found[f"alpha_{metric}"]["value"] == pytest.approx(theirs, abs=1e-9)
    assert found["alpha"] == found["alpha_interval"]
    assert "alpha_ratio" not in found  # ratios of negative values mean nothing


def test_minus_one_and_one_are_two_answers():
    """PostgreSQL's hash of a jsonb is the same for both."""
    project = make_project()
    label(project, [(-1, 1)] * 3 + [(1, 1)] * 3)
    assert overall(project)["agreement"]["value"] == pytest.approx(1 / 2)


def test_a_corrected_label_replaces_the_one_before(project):
    wrong = project.annotations.filter(answers__overall__value=2).order_by("pk").first()
    make_annotation(wrong.item, wrong.annotator, value=-1, supersedes=wrong)
    assert overall(project)["agreement"]["value"] == pytest.approx(4 / 5)


def test_archived_items_are_left_out_at_once(project):
    assert overall(project)["agreement"]["n"] == 5
    item = project.items.order_by("pk")[3]
    Item.objects.filter(pk=item.pk).update(route=None, waits_for=Item.WaitsFor.ARCHIVE)
    assert overall(project)["agreement"]["n"] == 4
    Item.objects.filter(pk=item.pk).update(waits_for=None)
    assert overall(project)["agreement"]["n"] == 5


def test_another_project_s_labels_stay_out(project):
    before = overall(project)
    label(make_project(), [(2, -2)] * 4)
    assert overall(project) == before


def test_answers_to_an_earlier_question_of_another_kind_are_left_out(project):
    rating = [{"kind": "rating", "name": "overall", "title": "How good?"}]
    Form.objects.create(project=project, version=2, questions=rating)
    project = type(project).objects.get(pk=project.pk)
    assert project_agreement(project) == {}
    people = [make_annotator(project) for _ in range(2)]
    for values in ([4, 1], [4, 2]):
        item = make_item(project)
        for who in people:
            make_annotation(item, who, answers={"overall": {"values": values}})
    assert overall(project)["agreement"]["n"] == 2
    assert overall(project)["kind"] == "rating"


def test_the_figures_are_kept_until_a_label_is_added(project):
    assert shown_agreement(project, "details", compute=False) is None
    detailed = detailed_agreement(project)
    project_agreement(project)
    with CaptureQueriesContext(connection) as queries:
        project_agreement(project)
        assert shown_agreement(project, "details").figures == detailed
    assert not any("COPY" in query["sql"] for query in queries)
    make_annotation(project.items.last(), make_annotator(project), value=2)
    assert kept(project, "figures").overtaken
    assert overall(project)["agreement"]["n"] == 6


def test_pages_show_what_took_long_for_a_while_though_labels_come_in(project, monkeypatch):
    monkeypatch.setattr(keeping, "LONG_SECONDS", 2)
    with time_machine.travel("2026-03-02 12:00Z", tick=False):
        before = compute_agreement(project, "figures")
        cache.set(keeping._key(project, "figures"), replace(before, seconds_spent=3.0))
        make_annotation(project.items.last(), make_annotator(project), value=2)
    with time_machine.travel("2026-03-02 12:01:29Z", tick=False):
        assert shown_agreement(project, "figures").figures == before.figures
    with time_machine.travel("2026-03-02 12:01:31Z", tick=False):
        assert shown_agreement(project, "figures").figures != before.figures


def test_a_page_of_a_large_project_never_computes(project, monkeypatch):
    monkeypatch.setattr("annotate.agreement.keeping.LARGE", 3)
    assert shown_agreement(project, "figures") is None
    compute_agreement(project)
    make_annotation(project.items.last(), make_annotator(project), value=2)
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        assert shown_agreement(project, "figures").overtaken


def test_labels_are_read_in_one_pass_however_many_there_are(project):
    def queries():
        with CaptureQueriesContext(connection) as found:
            load(project)
        return len(found)

    before = queries()
    label(project, [(1, 2, -1)] * 20)
    assert queries() == before


# ------------------------------------------------------------------------------------- ratings


def rate(project, rows, name="helpfulness"):
    for row in rows:
        item = make_item(project)
        for values in row:
            answers = {name: {"values": values}}
            make_annotation(item, make_annotator(project), answers=answers)


def test_ratings_agree_by_completion():
    project = make_project(questions=PRESETS["helpsteer2"].questions)
    rate(project, [([4, 1], [4, 2], [4, None])])
    found = project_agreement(project)
    assert set(found) == {"helpfulness"}
    assert found["helpfulness"]["agreement"]["value"] == pytest.approx(3 / 4)
    assert found["helpfulness"]["agreement"]["n"] == 1


def test_a_form_of_ratings_alone_has_every_figure():
    project = make_project(questions=PRESETS["helpsteer2"].questions)
    rate(project, [([4, 1], [3, 1]), ([0, 2], [0, 2]), ([4, 4], [2, 4])])
    found = project_agreement(project)["helpfulness"]
    units = np.array([[4, 1, 0, 2, 4, 4], [3, 1, 0, 2, 2, 4]])
    for metric in ("nominal", "ordinal", "interval", "ratio"):
        theirs = krippendorff.alpha(units, level_of_measurement=metric)
        assert found[f"alpha_{metric}"]["value"] == pytest.approx(theirs, abs=1e-9)
    assert {"ac1", "ac2", "fleiss", "agreement"} <= set(found)
    assert found["alpha"]["n"] == 3
    [pair] = detailed_agreement(make_pair_of_raters())["helpfulness"]["pairs"]["pairs"]
    assert pair["n"] == 12
    assert pair["cohen_quadratic"]["value"] > pair["cohen"]["value"]


def make_pair_of_raters():
    project = make_project(questions=PRESETS["helpsteer2"].questions)
    people = [make_annotator(project) for _ in range(2)]
    for n in range(12):
        item = make_item(project)
        for who, more in zip(people, (0, 1), strict=True):
            answers = {"helpfulness": {"values": [n % 3 + more, n % 4]}}
            make_annotation(item, who, answers=answers)
    return project


# ------------------------------------------------------------------------ answers without a number


def test_text_has_no_agreement(project):
    for annotation in project.annotations.all():
        answers = {"why": {"text": "So."}}
        make_annotation(annotation.item, make_annotator(project), answers=answers)
    assert set(project_agreement(project)) == {"overall"}


def test_both_bad_without_a_side_is_compared_whole():
    project = make_project(questions=PRESETS["pairwise"].questions)
    bad, first = {"value": None, "both_bad": True}, {"value": -1, "both_bad": False}
    for answers in [(bad, bad), (first, first), (bad, first), (first, first)]:
        item = make_item(project)
        for answer in answers:
            make_annotation(item, make_annotator(project), answers={"overall": answer})
    found = overall(project)
    assert found["without_value"] == 3
    assert found["agreement"] == overall(project)["agreement"]
    assert (found["agreement"]["n"], found["agreement_whole"]["n"]) == (2, 4)
    assert found["agreement_whole"]["value"] == pytest.approx(3 / 4)
    assert 0 < found["alpha_whole"]["value"] < 1


class Lengths(Text):
    """A kind that only has a distance: how far the lengths of two texts are apart, squared."""

    kind = "lengths"
    compared = True

    def distance(self, first, second):
        return float(len(first["text"]) - len(second["text"])) ** 2


@pytest.fixture
def lengths(monkeypatch):
    monkeypatch.setattr("annotate.questions.kinds", lambda: {"lengths": Lengths})
    return make_project(questions=[{"kind": "lengths", "name": "size", "title": "Write."}])


def write(project, rows, *, people=None, kind="human"):
    people = people or [make_annotator(project, kind=kind) for _ in rows[0]]
    items = list(project.items.order_by("pk")) or [make_item(project) for _ in rows]
    for item, row in zip(items, rows, strict=True):
        for who, length in zip(people, row, strict=True):
            answers = {"size": {"text": "x" * length}}
            make_annotation(item, who, answers=answers)


def test_a_kind_that_only_has_a_distance_has_an_alpha_too(lengths):
    rows = np.random.default_rng(2).integers(1, 9, size=(15, 3))
    write(lengths, rows.tolist())
    found = project_agreement(lengths)["size"]
    theirs = krippendorff.alpha(rows.T, level_of_measurement="interval")
    assert found["metric"] == "distance"
    assert found["alpha"]["value"] == pytest.approx(theirs, abs=1e-9)
    assert found["alpha"]["low"] < found["alpha"]["value"] < found["alpha"]["high"]
    same = sum((row[:, None] == row[None, :]).sum() - 3 for row in rows) / (15 * 6)
    assert found["agreement"]["value"] == pytest.approx(same)
    detailed = detailed_agreement(lengths)["size"]
    assert len(detailed["pairs"]["pairs"]) == 3
    assert detailed["slices"]["share"]["slices"]


def test_where_answers_are_too_many_chance_is_drawn(lengths, monkeypatch):
    rows = np.random.default_rng(2).integers(1, 60, size=(80, 2))
    write(lengths, rows.tolist())
    whole = project_agreement(lengths)["size"]["alpha"]
    cache.clear()
    monkeypatch.setattr("annotate.agreement.wholes.MOST_ANSWERS", 10)
    drawn = project_agreement(lengths)["size"]["alpha"]
    assert drawn["value"] != whole["value"]
    assert drawn["value"] == pytest.approx(whole["value"], abs=0.02)
    assert drawn["low"] == pytest.approx(whole["low"], abs=0.05)


def test_a_judge_of_such_a_kind_is_held_against_people(lengths):
    write(lengths, [[3, 3], [5, 6], [8, 8]])
    write(lengths, [[3], [5], [8]], kind="llm")
    [judge] = detailed_agreement(lengths)["size"]["judges"]
    assert judge["n"] == 3
    assert judge["alpha_with_judge"]["value"] > 0.9
    assert judge["agreement_people"]["value"] == pytest.approx(2 / 3)
    assert Lengths(TextConfig(name="size", title="T")).distance({"text": "a"}, {"text": "abc"}) == 4


# ---------------------------------------------------------------------------------------- slices


def test_slices_are_by_source_tag_share_and_model():
    project = make_project()
    people = label(project, [(1, 1)] * 10, source="forum", tags=["law", "german"])
    label(project, [(1, -1)] * 8 + [(-1, -1)] * 4, source="exam", tags=["law"], people=people)
    label(project, [(1, 1)] * 3, source="few", evaluation=True, people=people)
    found = detailed_agreement(project)["overall"]["slices"]
    assert list(found["source"]["slices"]) == ["exam", "forum"]
    assert found["source"]["left_out"] == 1
    assert found["source"]["slices"]["forum"]["agreement"]["value"] == 1
    assert found["source"]["slices"]["exam"]["agreement"]["value"] == pytest.approx(4 / 12)
    assert found["tag"]["slices"]["law"]["agreement"]["n"] == 22
    assert found["tag"]["slices"]["german"]["agreement"]["n"] == 10
    assert list(found["share"]["slices"]) == ["training"]
    assert found["share"]["left_out"] == 1
    assert found["generator"]["slices"]["model-0"]["agreement"]["n"] == 25


def test_a_slice_has_the_figures_of_a_project_of_its_items():
    project, alone = make_project(), make_project()
    rows = [(-2, 1), (1, 1), (0, 0), (2, 2)] * 5
    label(project, rows, source="a")
    label(project, [(2, -2)] * 12, source="b")
    label(alone, rows)
    found = detailed_agreement(project)["overall"]["slices"]["source"]["slices"]["a"]
    assert found == {name: overall(alone)[name] for name in found}


def test_items_that_one_person_labelled_are_in_no_slice():
    project = make_project()
    label(project, [(1,)] * 30, source="alone")
    label(project, [(1, -1)] * 10, source="two")
    found = detailed_agreement(project)["overall"]["slices"]["source"]
    assert (list(found["slices"]), found["left_out"]) == (["two"], 0)


# ------------------------------------------------------------------------------------- over time


def test_an_item_stands_in_the_period_of_its_last_label():
    project = make_project()
    start = datetime(2026, 3, 2, 12, tzinfo=UTC)
    people = [make_annotator(project) for _ in range(2)]
    for day, values in ((0, (1, 1)), (0, (1, -1)), (1, (1, 1))):
        item = make_item(project)
        for late, (who, value) in enumerate(zip(people, values, strict=True)):
            at = start + timedelta(days=day + late)
            make_annotation(item, who, value=value, created_at=at)
    found = detailed_agreement(project)["overall"]["over_time"]
    assert found["by"] == "day"
    periods = [(p["from"], p["items"], p["agreement"]["value"]) for p in found["periods"]]
    assert periods == [("2026-03-03", 2, 0.5), ("2026-03-04", 1, 1.0)]


@pytest.mark.parametrize(
    ("days", "by", "first"), [(100, "week", "2026-03-02"), (500, "month", "2026-03-01")]
)
def test_longer_stretches_are_by_week_and_by_month(days, by, first):
    project = make_project()
    people = [make_annotator(project) for _ in range(2)]
    for day in (0, 1, days):
        item = make_item(project)
        for who in people:
            at = datetime(2026, 3, 4, tzinfo=UTC) + timedelta(days=day)
            make_annotation(item, who, created_at=at)
    found = detailed_agreement(project)["overall"]["over_time"]
    assert found["by"] == by
    assert [p["items"] for p in found["periods"]] == [2, 1]
    assert found["periods"][0]["from"] == first


# -------------------------------------------------------------------------------------- command


def test_the_command_prints_one_json_object_with_numbers_intervals_and_chance(project, capsys):
    call_command("agreement", project.slug, "--json")
    found = json.loads(capsys.readouterr().out)["overall"]
    for name in ("alpha", "alpha_sides", "agreement", "agreement_without_ties", "fleiss", "ac1"):
        assert set(found[name]) == {"value", "low", "high", "n", "observed", "chance"}
    assert {"slices", "pairs", "judges", "over_time"} <= set(found)


def test_the_command_names_every_figure_in_words(project, capsys):
    call_command("agreement", project.slug)
    text = capsys.readouterr().out
    for words in ("Krippendorff's alpha", "Gwet's AC1", "Fleiss' kappa", "by chance"):
        assert words in text


@pytest.mark.parametrize("by", ["source", "tag", "share", "generator", "pair", "judge", "time"])
def test_the_command_prints_parts_on_request(by, capsys):
    project = make_project()
    people = label(project, [(1, 1), (-1, 2), (0, -1)] * 4, source="forum", tags=["law"])
    label(project, [(1,)], people=[make_annotator(project, kind="llm", name="robot")])
    item = project.items.first()
    make_annotation(item, project.annotators.get(name="robot"), value=1)
    call_command("agreement", project.slug, "--by", by)
    text = capsys.readouterr().out
    wanted = {"source": "forum", "tag": "law", "share": "training", "generator": "model-1"}
    wanted |= {"pair": f"{people[0]} and {people[1]}", "judge": "robot", "time": "items"}
    assert wanted[by] in text


def test_the_command_says_where_there_is_nothing_to_compare(capsys):
    project = make_project()
    call_command("agreement", project.slug)
    assert "answered twice" in capsys.readouterr().out
    with pytest.raises(CommandError, match="There is no project"):
        call_command("agreement", "nowhere")


def test_users_stand_under_their_numbers():
    project = make_project(questions=PAIRWISE)
    people = [make_member(project).user.annotator_or_new for _ in range(2)]
    label(project, [(1, 1)] * 10, people=people)
    [pair] = detailed_agreement(project)["overall"]["pairs"]["pairs"]
    assert pair["first"] == {"annotator": people[0].pk, "name": f"person {people[0].pk}"}
