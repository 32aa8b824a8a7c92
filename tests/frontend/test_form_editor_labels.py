"""Labels of parts of texts in the form's editor: rows with a place, a colour, a key and a heading."""

import re

import pytest

from annotate.form_versions import compare, store_form
from annotate.models import Form
from annotate.presets import PRESETS
from annotate.questions import parse_questions
from tests.annotate.spans import LABELS
from tests.factories import make_annotation, make_annotator, make_item, make_project
from tests.frontend.roles import ADMIN, RESEARCHER, sign_in
from tests.frontend.test_form_editor import PAGE, fields, send
from tests.frontend.test_form_editor_structure import faults, stored

pytestmark = pytest.mark.django_db
OVERALL = {"kind": "preference", "name": "overall", "title": "Which?", "points": 5}
ERRORS = {"kind": "spans", "name": "errors", "title": "Errors?", "labels": LABELS}
STEPS = {"kind": "steps", "name": "steps", "title": "Steps?"}


@pytest.fixture
def project():
    return make_project(slug="pairs", name="Pairs", questions=[OVERALL, ERRORS, STEPS])


@pytest.fixture
def admin(project, client):
    return sign_in(client, project, ADMIN)


def values(questions, name="labels"):
    return [label["value"] for label in questions[1][name]]


def test_a_row_has_all_that_is_said_of_a_label(client, project, admin):
    sent = dict(fields(client.get(PAGE)))
    row = {part: sent.get(f"q1-labels-1-{part}") for part in ("place", "label", "value", "key")}
    assert row == {"place": "2", "label": "Wrong", "value": "wrong", "key": "w"}
    assert sent["q1-labels-0-colour"] == "red"
    assert sent["q1-labels-1-parent"] == "accuracy"
    assert sent["q1-labels-4-missing"] == "on"
    assert "q1-labels-3-missing" not in sent
    assert sent["q1-labels-6-label"] == sent["q1-labels-6-place"] == ""  # two rows to spare


def test_only_labels_under_nothing_are_offered_as_headings(client, project, admin):
    page = client.get(PAGE).text
    found = re.search(r'<select[^>]*name="q1-labels-3-parent".*?</select>', page, re.DOTALL)
    offered = re.findall(r'value="([^"]*)"', found.group())
    assert offered == ["", "accuracy", "lacking"]


def test_sent_back_as_it_is_it_means_the_same(client, project, admin):
    questions = stored(client, q1__title="Which errors?")
    before, after = (parse_questions(one.questions) for one in Form.objects.order_by("version"))
    assert after["errors"].config.labels == before["errors"].config.labels
    assert questions[1]["labels"][1] == {
        "value": "wrong",
        "label": "Wrong",
        "help": "",
        "key": "w",
        "parent": "accuracy",
    }


def test_labels_are_added_moved_and_removed_by_their_rows(client, project, admin):
    moved = {
        "q1__labels__3__place": "0",
        "q1__labels__5__label": "So so",
        "q1__labels__2__label": "",
    }
    gone = {"q1__labels__2__value": ""}
    questions = stored(client, **moved, **gone)
    assert values(questions) == ["style", "accuracy", "wrong", "lacking", "so_so"]
    odd = stored(client, q1__labels__0__place="last", q1__labels__1__place="²")
    assert values(odd) == ["wrong", "lacking", "so_so", "style", "accuracy"]


def test_colours_keys_headings_and_what_is_missing_are_stored(client, project, admin):
    questions = stored(
        client,
        q1__labels__3__colour="teal",
        q1__labels__3__key="s",
        q1__labels__3__parent="accuracy",
        q1__labels__4__missing=None,
    )
    style, lacking = questions[1]["labels"][3:]
    assert (style["colour"], style["key"], style["parent"]) == ("teal", "s", "accuracy")
    assert "missing" not in lacking


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"q1__labels__1__key": "W"}, "the key 'W'; use a small letter or a digit"),
        ({"q1__labels__2__key": "w"}, "two labels with the key 'w'"),
        ({"q1__labels__1__colour": "mauve"}, "the colour 'mauve'; use one of red"),
        ({"q1__labels__3__parent": "wrong"}, "'wrong', which is under another one itself"),
        (
            {"q1__labels__0__missing": "on"},
            "a heading 'accuracy' with a key or for what is missing",
        ),
        ({"q1__labels__3__label": ""}, "“style” has no words; write some"),
        ({"q1__labels__3__value": "any"}, "'any', which stands for whether"),
        ({"q1__labels__3__help": "a\x00b"}, "NUL|Null"),
        ({"q1__comments": "maybe"}, "maybe is not one of the available choices"),
        ({"q1__completions": "1, 1"}, "name each position once"),
        ({"q1__completions": "0"}, "Write numbers from 1"),
    ],
)
def test_labels_that_cannot_be_are_refused_at_their_question(client, project, admin, changes, says):
    response = send(client, fields(client.get(PAGE)), "store", **changes)
    assert response.status_code == 422
    assert any(re.search(says, fault) for fault in faults(response)), faults(response)
    assert Form.objects.count() == 1


def test_choices_and_places_are_stored_as_a_form_has_them(client, project, admin):
    questions = stored(client, q1__snap="sentences", q1__completions="2", q1__comments="off")
    assert questions[1]["snap"] == "sentences"
    assert questions[1]["completions"] == [1]
    assert questions[1]["comments"] == "off"


def test_kinds_whose_labels_have_no_headings_offer_none(client, project, admin):
    sent = dict(fields(client.get(PAGE)))
    assert sent["q2-labels-0-label"] == "Good"
    assert "q2-labels-0-colour" in sent
    assert "q2-labels-0-parent" not in sent
    assert "q1-labels-0-parent" in sent


def test_sixty_labels_fit_and_no_more(client, project, admin):
    many = [{"value": f"l{n}", "label": f"L {n}"} for n in range(60)]
    Form.objects.create(project=project, version=2, questions=[ERRORS | {"labels": many}])
    sent = dict(fields(client.get(PAGE)))
    assert sent["q0-labels-59-label"] == "L 59"
    assert "q0-labels-60-label" not in sent


@pytest.mark.parametrize("name", ["fine-grained-qa", "mqm"])
def test_a_preset_s_form_sent_back_as_it_is_is_the_same(client, project, admin, name):
    Form.objects.create(project=project, version=2, questions=PRESETS[name].questions)
    response = send(client, fields(client.get(PAGE)), "store")
    assert response.status_code == 302
    assert Form.objects.count() == 2


def test_what_labels_hold_may_not_change_under_answers(client, project, admin):
    span = {"completion": 0, "start": 0, "end": 1, "text": "A", "label": "style"}
    answers = {"errors": {"spans": [span], "clean": [1]}}
    make_annotation(make_item(project), make_annotator(project), answers=answers)
    assert stored(client, q1__labels__3__label="Tone", q1__labels__3__place="0")
    refused = send(client, fields(client.get(PAGE)), "store", q1__labels__0__value="tone")
    [fault] = faults(refused)
    assert "The scale of errors would change (labels …, Tone (style)" in fault
    assert "→ …, Tone (tone)" in fault
    assert "1 label. Values of both would be mixed" in fault


def test_a_change_of_labels_names_those_that_differ(project):
    errors = ERRORS | {"labels": [*LABELS[:4], LABELS[4] | {"label": "Gone"}]}
    changes = compare(parse_questions([ERRORS]), parse_questions([errors]))
    assert changes.words() == [
        "question errors: Labels …, Lacking (lacking), missing → …, Gone (lacking), missing"
    ]
    moved = ERRORS | {"labels": [*LABELS[3:], *LABELS[:3]]}
    assert compare(parse_questions([ERRORS]), parse_questions([moved])).words() == [
        "question errors: Labels … → …, in another order"
    ]


def test_researchers_read_labels_in_words(client, project):
    sign_in(client, project, RESEARCHER)
    text = client.get(PAGE).text
    assert "<li data-under>Wrong <code>wrong</code> <kbd>w</kbd></li>" in text
    assert 'data-colour="red"></span> Accuracy <code>accuracy</code></li>' in text
    assert 'Lacking <code>lacking</code> <span class="tag">missing</span></li>' in text
    assert "whole words" in text


def test_a_stored_form_is_read_again(project):
    form = store_form(project, [OVERALL, ERRORS | {"snap": "characters"}, STEPS])
    assert form.parsed["errors"].config.snap == "characters"
