"""Settings that are more than a text in the form's editor: options, conditions, criteria."""

import re

import pytest

from annotate.form_versions import compare, store_form
from annotate.models import Form
from annotate.questions import parse_questions
from tests.factories import make_annotation, make_annotator, make_item, make_project
from tests.frontend.roles import ADMIN, RESEARCHER, sign_in
from tests.frontend.test_form_editor import PAGE, fields, send

pytestmark = pytest.mark.django_db
REASONS = {
    "kind": "choice",
    "name": "reasons",
    "title": "Why?",
    "several": True,
    "options": [
        {"value": "correct", "label": "Correct"},
        {"value": "short", "label": "Short", "help": "No more than needed"},
    ],
    "ask_if": {"question": "overall", "answer": ["not_tie"]},
}
OVERALL = {"kind": "preference", "name": "overall", "title": "Which?", "points": 5}
TOLD = "Nothing is stored yet"


@pytest.fixture
def project():
    return make_project(slug="pairs", name="Pairs", questions=[OVERALL, REASONS])


@pytest.fixture
def admin(project, client):
    return sign_in(client, project, ADMIN)


def stored(client, **changes):
    """Change fields, read what comes of it, store it: the newest version's questions."""
    told = send(client, fields(client.get(PAGE)), "preview", **changes)
    response = send(client, fields(told), "store")
    assert response.status_code == 302, re.findall(r"<li>([^<]*)</li>", response.text)
    return Form.objects.latest("version").questions


def faults(response):
    return [fault for one in response.context["draft"].questions for fault in one.faults]


# ----------------------------------------------------------------------------------------- options


def test_options_are_rows_of_words_hint_and_what_is_stored(client, project, admin):
    sent = dict(fields(client.get(PAGE)))
    assert sent["q1-options-1-label"] == "Short"
    assert sent["q1-options-1-help"] == "No more than needed"
    assert sent["q1-options-1-value"] == "short"
    assert sent["q1-options-3-label"] == ""  # two rows to spare


def test_an_option_that_is_added_gets_its_value_from_its_words(client, project, admin):
    questions = stored(client, q1__options__2__label="Well formatted")
    assert questions[1]["options"] == [
        {"value": "correct", "label": "Correct", "help": ""},
        {"value": "short", "label": "Short", "help": "No more than needed"},
        {"value": "well_formatted", "label": "Well formatted", "help": ""},
    ]


def test_an_option_goes_with_its_row(client, project, admin):
    gone = {"q1__options__0__label": "", "q1__options__0__value": ""}
    assert [one["value"] for one in stored(client, **gone)[1]["options"]] == ["short"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"q1__options__0__label": ""}, "“correct” has no words; write some"),
        ({"q1__options__1__value": "correct"}, "two options 'correct'"),
        ({"q1__options__0__value": "Not so"}, "the value 'Not so'; use up to 40"),
        ({"q1__options__0__label": "a" * 121}, "no label of 1 to 120"),
        ({"q1__options__0__label": "a\x00b"}, "NUL|Null"),
        ({"q1__options__0__value": "none"}, "'none', which stands for"),
        ({"q1__ask_if__answer": None}, "Tick which answers to overall"),
        ({"q1__ask_if__question": "reasons", "q1__ask_if__shown": "reasons"}, "no question before"),
    ],
)
def test_a_structure_that_cannot_be_is_refused_at_its_question(
    client, project, admin, changes, says
):
    response = send(client, fields(client.get(PAGE)), "store", **changes)
    assert response.status_code == 422
    assert any(re.search(says, fault) for fault in faults(response)), faults(response)
    assert Form.objects.count() == 1


def test_words_of_options_may_change_under_labels_but_not_what_is_stored(client, project, admin):
    answers = {"overall": {"value": 1, "both_bad": False}, "reasons": {"chosen": ["short"]}}
    make_annotation(make_item(project), make_annotator(project), answers=answers)
    assert stored(client, q1__options__1__label="Brief")[1]["options"][1]["label"] == "Brief"
    refused = send(client, fields(client.get(PAGE)), "store", q1__options__1__value="brief")
    assert any("The scale of reasons would change (options" in one for one in faults(refused))
    named = send(client, fields(refused), "rename:q1")
    assert named.context["draft"].questions[1].name == "reasons_2"


# -------------------------------------------------------------------------------------- conditions


def test_a_condition_is_chosen_from_the_questions_before_and_their_outcomes(client, project, admin):
    text = client.get(PAGE).text
    [first, second] = re.findall(
        r'<select[^>]*name="q\d-ask_if-question".*?</select>', text, re.DOTALL
    )
    assert "overall" not in first
    assert '<option value="overall" selected>' in second
    assert 'value="not_tie" checked' in text
    assert "one of them is better" in text


def test_another_question_to_ask_upon_starts_without_ticks(client, project, admin):
    sent = fields(client.get(PAGE))
    told = send(client, sent, "preview", q1__ask_if__question="")
    assert told.context["draft"].valid
    back = send(client, fields(told), "preview", q1__ask_if__question="overall")
    assert any("Tick which answers" in fault for fault in faults(back))
    again = send(client, fields(back), "preview", q1__ask_if__answer="tie")
    assert again.context["draft"].definition[1]["ask_if"] == {
        "question": "overall",
        "answer": ["tie"],
    }


def test_a_question_that_is_asked_upon_may_not_move_behind_or_go(client, project, admin):
    sent = fields(client.get(PAGE))
    for action in ("down:q0", "remove:q0"):
        response = send(client, sent, action)
        assert any("no question before it" in fault for fault in faults(response))


def test_what_is_asked_upon_a_question_follows_its_new_name(client, project, admin):
    make_annotation(make_item(project), make_annotator(project))
    refused = send(client, fields(client.get(PAGE)), "store", q0__points="3")
    renamed = send(client, fields(refused), "rename:q0")
    draft = renamed.context["draft"]
    assert [one.name for one in draft.questions] == ["overall_2", "reasons"]
    assert draft.definition[1]["ask_if"]["question"] == "overall_2"
    assert draft.valid


def test_another_condition_is_told_with_what_it_means_for_labels(client, project, admin):
    answers = {"overall": {"value": 0, "both_bad": False}}
    make_annotation(make_item(project), make_annotator(project), answers=answers)
    told = send(client, fields(client.get(PAGE)), "preview", q1__ask_if__answer="tie")
    assert told.context["draft"].valid, "it is no other scale"
    assert "Question reasons: Asked only if overall is not_tie → overall is tie" in told.text
    words = [one.words for one in told.context["told"].found]
    assert any("reasons is asked only if overall is tie from now on" in one for one in words)


def test_the_preview_says_nothing_is_hidden_and_shows_the_condition_s_question(
    client, project, admin
):
    assert 'data-if="overall" data-is="not_tie"' in client.get(PAGE).text


# ----------------------------------------------------------------------------------------- criteria


def test_a_criterion_is_stored_and_shown_and_another_one_wants_a_name_of_its_own(
    client, project, admin
):
    questions = stored(client, q0__criterion="As a nurse")
    assert questions[0]["criterion"] == "As a nurse"
    assert (
        '<p class="criterion" id="answer-overall-criterion">As a nurse</p>' in client.get(PAGE).text
    )
    make_annotation(make_item(project), make_annotator(project))
    refused = send(client, fields(client.get(PAGE)), "store", q0__criterion="As a child")
    assert any("criterion “As a nurse” → “As a child”" in fault for fault in faults(refused))


def test_researchers_read_options_conditions_and_criteria_in_words(client, project):
    store_form(project, [OVERALL | {"criterion": "As a nurse"}, REASONS])
    sign_in(client, project, RESEARCHER)
    text = client.get(PAGE).text
    assert "Correct <code>correct</code>" in text
    assert 'Short <code>short</code> <span class="muted">No more than needed</span>' in text
    assert "overall is not_tie" in text
    assert "As a nurse" in text


def test_versions_say_what_changed_in_structures():
    more = REASONS | {"options": REASONS["options"][:1], "ask_if": None}
    changes = compare(parse_questions([OVERALL, REASONS]), parse_questions([OVERALL, more]))
    options = "Correct (correct), Short (short): No more than needed → Correct (correct)"
    assert changes.words() == [
        "question reasons: Asked only if overall is not_tie → always",
        f"question reasons: Options {options}",
    ]
