"""Agreement of a project's people and judges on marked parts of texts."""

import json
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command

from annotate.agreement import detailed_agreement, project_agreement
from tests.factories import make_annotation, make_annotator, make_item, make_project

pytestmark = pytest.mark.django_db
TEXT = "The river Rhône is 813 km long. \N{GRINNING FACE} It ends in the sea."


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


def spans_question(**settings):
    labels = [
        {"value": "wrong", "label": "Wrong"},
        {"value": "dull", "label": "Dull"},
        {"value": "fact", "label": "A fact", "missing": True},
    ]
    question = {"kind": "spans", "name": "errors", "title": "What is wrong?", "labels": labels}
    return question | settings


def project_of(**settings):
    return make_project(questions=[spans_question(**settings)])


def mark(item, annotator, *ranges, missing=(), context=None):
    """Mark (start, end, label) ranges of the first completion, or of a passage."""
    texts = [one.text for one in item.completions.all()]
    text = texts[0] if context is None else item.contexts[context]["text"]
    target = {"completion": 0} if context is None else {"context": context}
    spans = [
        {**target, "start": start, "end": end, "text": text[start:end], "label": label}
        for start, end, label in ranges
    ]
    answer = {"spans": spans}
    if missing:
        answer["missing"] = [{"completion": 0, "label": label} for label in missing]
    if not spans and not missing:
        answer["clean"] = [0]
    return make_annotation(item, annotator, answers={"errors": answer})


def test_people_s_marks_are_compared_with_what_chance_would_give():
    project = project_of()
    first, second = make_annotator(project), make_annotator(project)
    item = make_item(project, completions=(TEXT,))
    mark(item, first, (0, 10, "wrong"))
    mark(item, second, (5, 15, "wrong"))
    found = project_agreement(project)["errors"]
    assert (found["kind"], found["metric"], found["labels"]) == ("spans", "unitised", 2)
    assert (found["tolerance_characters"], found["spans"]) == (5, 2)
    assert found["character_f1"]["value"] == pytest.approx(0.5)
    assert found["character_f1"]["chance"] == pytest.approx(10 / len(TEXT))
    assert found["by_label"]["wrong"]["spans"] == 2
    assert "dull" not in found["by_label"]


def test_a_text_is_as_long_as_it_has_code_points():
    project = project_of()
    text = "\N{GRINNING FACE}" * 20
    item = make_item(project, completions=(text,))
    for ends in ((0, 10), (0, 10)):
        mark(item, make_annotator(project), (*ends, "wrong"))
    assert project_agreement(project)["errors"]["character_f1"]["chance"] == pytest.approx(10 / 20)


def test_only_texts_that_are_asked_about_count():
    project = project_of(completions=[0])
    item = make_item(project, completions=("x" * 40, "y" * 400), contexts=[{"text": "z" * 4000}])
    for _ in range(2):
        mark(item, make_annotator(project), (0, 10, "wrong"))
    assert project_agreement(project)["errors"]["character_f1"]["chance"] == pytest.approx(10 / 40)


def test_marks_in_passages_count_where_passages_are_asked_about():
    project = project_of(contexts=True)
    item = make_item(
        project, completions=("x" * 40,), contexts=[{"text": "p" * 9}, {"text": "q" * 50}]
    )
    mark(item, make_annotator(project), (0, 10, "wrong"), context=1)
    mark(item, make_annotator(project), (0, 10, "wrong"))
    found = project_agreement(project)["errors"]
    assert found["character_f1"]["value"] == 0
    mark(item, make_annotator(project), (0, 10, "wrong"), context=1)
    found = project_agreement(project)["errors"]
    assert found["character_f1"]["value"] == pytest.approx(1 / 3)
    assert found["character_f1"]["chance"] == pytest.approx(10 / 50 / 3)


def test_what_nobody_was_asked_twice_has_no_figures():
    project = project_of()
    mark(make_item(project, completions=(TEXT,)), make_annotator(project), (0, 10, "wrong"))
    assert project_agreement(project) == {}


def test_two_who_find_nothing_agree_on_that_and_play_no_part_in_f1():
    project = project_of()
    one, other = make_annotator(project), make_annotator(project)
    for ranges in ([], [(0, 10, "wrong")]):
        item = make_item(project, completions=(TEXT,))
        for who in (one, other):
            mark(item, who, *ranges)
    found = project_agreement(project)["errors"]
    assert (found["character_f1"]["value"], found["character_f1"]["n"]) == (1, 1)
    assert (found["agreement_any"]["value"], found["agreement_any"]["n"]) == (1, 2)


def test_what_is_missing_has_a_figure_of_its_own():
    project = project_of()
    item = make_item(project, completions=(TEXT,))
    mark(item, make_annotator(project), (0, 10, "wrong"), missing=["fact"])
    mark(item, make_annotator(project), (0, 10, "wrong"))
    found = project_agreement(project)["errors"]
    assert found["missing_f1"]["value"] == 0
    assert found["character_f1"]["value"] == 1


def many(project, annotators, count, ranges_of):
    for number in range(count):
        item = make_item(project, completions=(TEXT,), source="even" if number % 2 == 0 else "odd")
        for place, who in enumerate(annotators):
            mark(item, who, *ranges_of(number, place))


def test_pairs_slices_and_time_have_their_own_figures():
    project = project_of()
    people = [make_annotator(project) for _ in range(3)]
    many(project, people, 20, lambda n, who: [(0, 10, "wrong")] if who < 2 or n % 2 else [])
    found = detailed_agreement(project)["errors"]
    values = {
        (pair["first"]["name"], pair["second"]["name"]): pair["character_f1"]["value"]
        for pair in found["pairs"]["pairs"]
    }
    names = [str(person) for person in people]
    assert values == {(names[0], names[1]): 1, (names[0], names[2]): 0.5, (names[1], names[2]): 0.5}
    slices = found["slices"]["source"]["slices"]
    assert slices["odd"]["character_f1"]["value"] == 1
    assert slices["even"]["character_f1"]["value"] == pytest.approx(1 / 3)
    [period] = found["over_time"]["periods"]
    assert period["character_f1"]["value"] == pytest.approx(2 / 3)


def test_a_judge_is_held_against_what_people_reach_on_the_same_items():
    project = project_of()
    people = [make_annotator(project) for _ in range(2)]
    judge = make_annotator(project, kind="llm")
    many(project, people, 4, lambda n, who: [(0, 10, "wrong")] if who else [(5, 15, "wrong")])
    for item in list(project.items.all())[:3]:
        mark(item, judge, (0, 10, "dull"))
    [row] = detailed_agreement(project)["errors"]["judges"]
    assert row["n"] == row["character_f1"]["n"] == 3
    assert row["character_f1"]["value"] == pytest.approx((1 + 0.5) / 2)
    assert row["character_f1_people"]["value"] == pytest.approx(0.5)
    assert row["character_f1_difference"]["value"] == pytest.approx(0.25)
    assert row["character_f1_labels"]["value"] == 0
    assert row["character_f1_labels_people"]["value"] == pytest.approx(0.5)
    assert row["character_f1_all"]["value"] == pytest.approx((1 + 0.5) / 2)
    assert row["alpha_people"]["n"] == row["alpha_with_judge"]["n"] == 3


def test_a_judge_beside_one_person_has_its_own_figure_and_nothing_to_compare_it_with():
    project = project_of()
    item = make_item(project, completions=(TEXT,))
    mark(item, make_annotator(project), (0, 10, "wrong"))
    mark(item, make_annotator(project, kind="llm"), (5, 15, "wrong"))
    for _ in range(2):
        mark(make_item(project, completions=(TEXT,)), make_annotator(project), (0, 10, "wrong"))
    twice = make_item(project, completions=(TEXT,))
    for _ in range(2):  # so that the question has figures at all
        mark(twice, make_annotator(project), (0, 10, "wrong"))
    [row] = detailed_agreement(project)["errors"]["judges"]
    assert (row["character_f1_all"]["value"], row["character_f1_all"]["n"]) == (0.5, 1)
    assert row["character_f1"]["value"] is None
    assert row["character_f1_difference"]["value"] is None


def test_a_judge_s_marks_do_not_count_among_people_s():
    project = project_of()
    item = make_item(project, completions=(TEXT,))
    for place, kind in enumerate(("human", "human", "llm")):
        mark(
            item,
            make_annotator(project, kind=kind),
            (place * 20 // 2 * (kind == "llm"), 10 + place, "wrong"),
        )
    found = project_agreement(project)["errors"]
    assert found["spans"] == 2


def test_the_command_prints_the_figures_as_one_object_and_in_words():
    project = project_of()
    people = [make_annotator(project) for _ in range(2)]
    many(project, people, 12, lambda n, who: [(0, 10 + 5 * who, "wrong")])
    out = StringIO()
    call_command("agreement", project.slug, "--json", stdout=out)
    found = json.loads(out.getvalue())["errors"]
    assert found["character_f1"]["value"] == pytest.approx(0.8)
    assert found["tolerant_f1"]["value"] == 1
    assert found["exact_f1"]["value"] == 0
    out = StringIO()
    call_command("agreement", project.slug, stdout=out)
    words = out.getvalue()
    assert "character F1              " in words
    assert "0.800" in words
    assert "nearly: both ends at most 5 characters apart" in words
    assert "wrong (24 spans)" in words
    for by in ("source", "pair", "time", "judge"):
        out = StringIO()
        call_command("agreement", project.slug, "--by", by, stdout=out)
        assert "errors (unitised, 24 labels)" in out.getvalue()
