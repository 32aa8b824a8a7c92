"""The agreement and aggregation pages of a project in which parts of texts are marked."""

import math

import pytest
from django.core.cache import cache

from annotate.aggregation import aggregate_stale
from annotate.aggregation.choosing import choose_method
from annotate.aggregation.comparing import compare
from annotate.aggregation.fitting import fit_project
from annotate.agreement import keeping
from frontend.quality.agreement_spans import ALPHA, APOSTROPHE
from tests.annotate.planted_spans import answer
from tests.factories import make_annotation, make_annotator, make_item, make_project
from tests.frontend.roles import ADMIN, HTMX, RESEARCHER, sign_in

pytestmark = pytest.mark.django_db
PAGE = "/projects/marked/agreement/"
DASH = "\N{EN DASH}"
LABELS = [
    {"value": "wrong", "label": "Factually wrong"},
    {"value": "dull", "label": "Dull <b>"},
    {"value": "fact", "label": "A fact", "missing": True},
]
QUESTION = {"kind": "spans", "name": "errors", "title": "What is wrong?", "labels": LABELS}


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch):
    monkeypatch.setattr(keeping, "LONG_SECONDS", math.inf)
    cache.clear()


@pytest.fixture
def project():
    return make_project(slug="marked", name="Marked", questions=[QUESTION])


@pytest.fixture
def researcher(client, project):
    return sign_in(client, project, RESEARCHER)


def items(project, count, *of_each, people=None, **fields):
    """Items that each annotator marks so."""
    people = people or [make_annotator(project) for _ in of_each]
    made = []
    for _ in range(count):
        item = make_item(project, completions=("x" * 100,), **fields)
        for who, marks in zip(people, of_each, strict=True):
            make_annotation(item, who, answers={"errors": answer(*marks)})
        made.append(item)
    return made, people


def shown(client, query=""):
    return client.get(f"{PAGE}?now{query}")


def text_of(response):
    return " ".join(response.content.decode().split())


def test_the_headline_is_the_character_f1_with_its_chance(client, project, researcher):
    items(project, 12, [(0, 20, "wrong")], [(10, 30, "wrong")])
    text = text_of(shown(client))
    assert ">0.50</a></b> character F1 of “What is wrong?”, between 0.50 and 0.50 (95 %)" in text
    assert "on 12 items that several people labelled and somebody marked" in text
    assert "More alike than chance, which would bring them to 0.20." in text
    assert "Same answer" not in text
    assert "ties apart" not in text


def test_agreement_that_is_not_clearly_beyond_chance_is_called_so(client, project, researcher):
    people = [make_annotator(project) for _ in range(2)]
    items(project, 6, [(0, 50, "wrong")], [(0, 50, "wrong")], people=people)
    items(project, 6, [(0, 50, "wrong")], [(50, 100, "wrong")], people=people)
    text = text_of(shown(client))
    assert "Not clearly more alike than by chance, which would bring them to 0.50" in text


def test_where_nobody_marks_anything_the_page_says_so(client, project, researcher):
    items(project, 3, [], [])
    text = text_of(shown(client))
    assert "On the 3 items that several people labelled, nobody marked anything" in text


def test_every_figure_of_spans_says_what_it_is_for(client, project, researcher):
    items(project, 3, [(0, 20, "wrong")], [(2, 20, "wrong")])
    text = text_of(shown(client))
    for name in (
        "Character F1",
        "Character F1, same label",
        "F1 of spans, nearly",
        "F1 of spans, exactly",
        f"Krippendorff{APOSTROPHE}s {ALPHA}, unitised",
        f"{ALPHA}, marked or not",
        "Anything at all",
    ):
        assert f'<th scope="row">{name}</th>' in text, name
    assert "either end at most 5 characters off" in text
    assert "F1 of what is missing" not in text  # nobody said that anything is


def test_each_label_has_a_line_the_most_frequent_first(client, project, researcher):
    items(project, 3, [(0, 20, "wrong"), (40, 50, "dull")], [(0, 20, "wrong"), (22, 25, "wrong")])
    response = shown(client)
    rows = response.context["labels"]
    assert [(row.name, row.spans) for row in rows] == [("Factually wrong", 9), ("Dull <b>", 3)]
    assert rows[1].f1.value == 0
    text = text_of(response)
    assert "Which labels people agree on" in text
    assert "Dull &lt;b&gt;" in text
    assert "Dull <b>" not in text


def test_a_judge_of_spans_stands_beside_two_people(client, project, researcher):
    made, _ = items(project, 4, [(0, 20, "wrong")], [(10, 30, "wrong")])
    judge = make_annotator(project, kind="llm", name="a-judge")
    for item in made:
        make_annotation(item, judge, answers={"errors": answer((0, 20, "wrong"))})
    [row] = shown(client).context["judges"]
    assert (row.with_people.value, row.among_people.value) == (pytest.approx(0.75), 0.5)
    assert row.words == "Agrees with people more than they do with each other."
    assert "Character F1, on the items that both labelled" in text_of(shown(client))


def test_pairs_slices_and_periods_are_told_by_character_f1(client, project, researcher):
    people = [make_annotator(project) for _ in range(2)]
    items(project, 11, [(0, 20, "wrong")], [(10, 30, "wrong")], people=people, source="one")
    items(project, 11, [(0, 20, "wrong")], [(0, 20, "wrong")], people=people, source="two")
    response = shown(client)
    [pair] = response.context["pairs"].pairs
    assert pair.same.value == pytest.approx(0.75)
    assert pair.kappa.n == 22
    [of_source] = [of for of in response.context["slices"] if of.word == "source"]
    assert {part.name: part.same.value for part in of_source.parts} == {"one": 0.5, "two": 1}
    assert '<th class="number">Character F1</th>' in text_of(response)


def test_beside_another_question_each_is_told_in_its_own_way(client):
    overall = {"kind": "preference", "name": "overall", "title": "Which is better?", "points": 5}
    project = make_project(slug="marked", name="Marked", questions=[overall, QUESTION])
    sign_in(client, project, RESEARCHER)
    people = [make_annotator(project) for _ in range(2)]
    for number in range(4):
        item = make_item(project)
        for who in people:
            both = {
                "overall": {"value": number % 3 - 1, "both_bad": False},
                "errors": answer((0, 6, "wrong")),
            }
            make_annotation(item, who, answers=both)
    text = text_of(shown(client))
    assert f"Krippendorff{APOSTROPHE}s {ALPHA} of “Which is better?”" in text
    assert f'<td class="number">1.000 (1.000{DASH}1.000) <span class="muted">F1</span></td>' in text
    text = text_of(shown(client, "&question=errors"))
    assert "Which labels people agree on" in text


def test_the_part_for_other_pages_has_the_same_headline(client, project, researcher):
    items(project, 2, [(0, 20, "wrong")], [(10, 30, "wrong")])
    text = text_of(client.get(PAGE, headers=HTMX))
    assert "character F1 of “What is wrong?”" in text
    assert "<html" not in text


# ---------------------------------------------------------------------------------- aggregation


def test_the_aggregation_page_explains_votes_by_character(client, project):
    sign_in(client, project, ADMIN)
    items(project, 3, [(0, 20, "wrong")], [(10, 30, "wrong")], [(10, 20, "wrong")])
    while aggregate_stale(project):
        pass
    fit_project(project)
    text = text_of(client.get("/projects/marked/aggregation/"))
    assert "become one label by <b>Votes by character</b>" in text
    assert "Needed here: more than 50 %, which the form sets." in text
    assert "Why Votes by character is the default" in text
    assert "Character F1 with the others, with 95 % intervals" in text
    for method in ("Weighted votes by character", "Dawid-Skene by character"):
        assert method in text


def test_dawid_skene_says_of_each_what_they_see_and_invent(client, project):
    sign_in(client, project, ADMIN)
    items(project, 12, [(0, 20, "wrong")], [(0, 20, "wrong")], [(60, 64, "dull")])
    choose_method(project, project.questions["errors"], "dawid_skene_characters")
    while aggregate_stale(project):
        pass
    fit_project(project)
    compare(project)
    response = client.get("/projects/marked/aggregation/")
    text = text_of(response)
    assert text.count("% of what should be, ") == 3
    assert [one.labels for one in response.context["annotators"]] == [12, 12, 12]
    assert "12 of 24" not in text
    rows = {row.method.name: row for row in response.context["compared"].rows}
    assert rows["support"].changed == 0


def test_the_item_page_says_what_was_agreed_on(client, project, researcher):
    [item], _ = items(project, 1, [(0, 20, "wrong")], [(10, 30, "wrong")], [(10, 20, "wrong")])
    aggregate_stale(project)
    text = text_of(client.get(f"/projects/marked/items/{item.pk}/"))
    assert "1 span (Factually wrong); " in text
    assert "Votes by character" in text
