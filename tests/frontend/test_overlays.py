"""What several annotators marked in an item, as rows and as stretches with their support."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from frontend.overlays import MOST_STRETCHES, marked_in
from tests.factories import make_annotation, make_annotator, make_item, make_project
from tests.frontend.roles import RESEARCHER, sign_in, statuses

pytestmark = pytest.mark.django_db
TEXTS = ("Lyon is 🇫🇷 the capital.", "Paris\r\n<script>alert(1)</script>")
LABELS = [
    {"value": "wrong", "label": "Wrong", "colour": "violet"},
    {"value": "lacks", "label": "Lacks", "missing": True},
]
FORM = [
    {
        "kind": "spans",
        "name": "errors",
        "title": "Errors?",
        "labels": LABELS,
        "severities": [{"value": "major", "label": "Major"}],
    }
]


@pytest.fixture
def project():
    return make_project(slug="spans", questions=FORM)


def span(start, end, completion=0, **more):
    text = TEXTS[completion][start:end]
    return {
        "completion": completion,
        "start": start,
        "end": end,
        "text": text,
        "label": "wrong",
    } | more


def label(item, *spans, kind="human", **more):
    annotator = make_annotator(item.project, kind=kind)
    return make_annotation(item, annotator, answers={"errors": {"spans": list(spans), **more}})


def marked(project, *answers):
    item = make_item(project, completions=TEXTS)
    for answer in answers:
        label(item, *answer)
    return marked_in(item)["people"]


def test_a_row_says_what_was_marked_as_what_and_by_whom(project):
    item = make_item(project, completions=TEXTS)
    one = label(item, span(8, 10, severity="major", comment="A flag."))
    found = marked_in(item)["people"]
    [row] = found.rows
    assert (row.view, row.where, row.start, row.end, row.text) == ("completion-0", "A", 8, 10, "🇫🇷")
    assert (row.label, row.colour, row.more) == ("Wrong", "violet", ["Major", "A flag."])
    assert (row.by, row.who) == (one.pk, one.annotator.name)
    assert [(who.by, who.rows) for who in found.whose] == [(one.pk, 1)]


def test_what_is_missing_has_a_row_and_no_place(project):
    item = make_item(project, completions=TEXTS)
    label(item, clean=[0], missing=[{"completion": 1, "label": "lacks"}])
    [row] = marked_in(item)["people"].rows
    assert (row.where, row.start, row.label) == ("B", None, "Lacks")


def test_texts_are_cut_where_others_marks_begin_and_end(project):
    found = marked(project, [span(0, 4)], [span(2, 7)], [span(2, 4, completion=1)])
    assert [(one.where, one.start, one.end, one.count, one.text) for one in found.stretches] == [
        ("A", 0, 2, 1, "Ly"),
        ("A", 2, 4, 2, "on"),
        ("A", 4, 7, 1, " is"),
        ("B", 2, 4, 1, "ri"),
    ]
    assert [one.level for one in found.stretches] == [2, 3, 2, 2]


def test_an_annotator_counts_once_however_often_a_text_is_marked(project):
    found = marked(project, [span(0, 4), span(0, 4, severity="major"), span(3, 6)], [])
    assert [(one.start, one.end, one.count) for one in found.stretches] == [(0, 6, 1)]


def test_marks_that_touch_are_two_stretches_only_where_others_made_them(project):
    found = marked(project, [span(0, 3)], [span(3, 6)])
    assert [(one.start, one.end, one.count) for one in found.stretches] == [(0, 3, 1), (3, 6, 1)]


def test_one_annotator_alone_has_no_support_to_show(project):
    assert marked(project, [span(0, 3)]).stretches == []


def test_judges_are_kept_apart_from_people(project):
    item = make_item(project, completions=TEXTS)
    label(item, span(0, 4))
    label(item, span(5, 7), kind="llm")
    found = marked_in(item)
    assert [row.text for row in found["people"].rows] == ["Lyon"]
    assert [row.text for row in found["judges"].rows] == ["is"]


def test_many_stretches_are_cut_and_said_to_be(project):
    text = "ab" * 400
    item = make_item(project, completions=(text, "x"))
    places = [
        {"completion": 0, "start": n, "end": n + 1, "text": text[n], "label": "wrong"}
        for n in range(0, 800, 2)
    ]
    label(item, *places)
    label(item, *places[:1])
    found = marked_in(item)["people"]
    assert len(found.stretches) == MOST_STRETCHES
    assert found.cut


def test_without_questions_about_parts_nothing_is_asked_of_the_database():
    item = make_item(make_project())
    _ = item.project.questions
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert marked_in(item) == {}
    assert len(queries) == 0


def test_the_item_page_has_the_rows_as_a_table_and_nothing_runs(client, project):
    item = make_item(project, completions=TEXTS)
    label(item, span(7, 33, completion=1, comment="<b>bold</b>"))
    label(item, span(0, 4), kind="llm")
    sign_in(client, project, RESEARCHER)
    text = client.get(f"/projects/spans/items/{item.pk}/").text
    assert 'data-of="completion-1" data-start="7" data-end="33" data-colour="violet"' in text
    assert "<q data-quote>&lt;script&gt;alert(1)&lt;/script&gt;</q>" in text
    assert "&lt;b&gt;bold" in text
    assert "What judges marked" in text


def test_a_reviewer_sees_what_judges_marked_once_it_was_asked_for(client, project):
    item = make_item(project, completions=TEXTS)
    label(item, span(0, 4))
    label(item, span(5, 7), kind="llm")
    sign_in(client, project, RESEARCHER)
    url = f"/projects/spans/reviews/items/{item.pk}/"
    before = client.get(url).text
    assert "What people marked" in before
    assert "What judges marked" not in before
    opened = client.post(f"{url}opinions/", headers={"HX-Request": "true"})
    assert "What judges marked" in opened.text


def test_the_pages_are_not_there_for_annotators_and_strangers(client, project):
    item = make_item(project, completions=TEXTS)
    label(item, span(0, 4))
    assert statuses(client, project, "get", f"/projects/spans/items/{item.pk}/")[:3] == [
        302,
        404,
        403,
    ]


def test_steps_and_edits_have_rows_too():
    text = "One is one.\nTwo is three."
    questions = [
        {"kind": "steps", "name": "steps", "title": "Right?", "divide": "lines"},
        {"kind": "edit", "name": "better", "title": "Better?"},
    ]
    item = make_item(make_project(questions=questions), completions=(text,))
    step = {"completion": 0, "start": 12, "end": 25, "text": text[12:], "label": "bad"}
    edit = {"completion": 0, "start": 19, "end": 24, "text": "three", "replacement": "two"}
    added = {"completion": 0, "start": 25, "end": 25, "text": "", "replacement": " So."}
    answers = {
        "steps": {"steps": [step]},
        "better": {"edits": [edit | {"reason": "Count again."}, added]},
    }
    make_annotation(item, make_annotator(item.project), answers=answers)
    found = marked_in(item)["people"]
    assert [(row.question, row.text, row.label, row.more) for row in found.rows] == [
        ("Right?", "Two is three.", "Bad", []),
        ("Better?", "three", "", ["→ “two”", "Count again."]),
        ("Better?", "", "", ["→ “ So.”"]),
    ]
    assert found.several_questions
    assert found.rows[0].colour != "grey"
