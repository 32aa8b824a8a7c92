"""Suggestions in the workspace: who sees them, when, and what is recorded."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotate.models import Annotation, Annotator, Assignment, Form, Project
from frontend.suggestions import words_as_shown
from routing.models import JudgeCall, Score
from tests.factories import make_annotation, make_annotator, make_item, make_member, make_project
from tests.frontend.rows import make_judge, make_reward_model

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
WORK = "/projects/pairs/work/"
HOLDS_A = re.compile(r'name="suggested" value="([^"]+)"')


@pytest.fixture
def project():
    return make_project(slug="pairs", suggestions="arm", suggestions_share=1.0)


@pytest.fixture
def member(project, client):
    member = make_member(project)
    client.force_login(member.user)
    return member


def judged(project, *, value=1, **item):
    """An item that an LLM has labelled; B is better by its own order."""
    made = make_item(project, **item)
    llm = Annotator.objects.filter(project=project, name="llm").first()
    make_annotation(made, llm or make_annotator(project, kind="llm", name="llm"), value=value)
    return made


def set_project(**fields):
    Project.objects.update(**fields)


def opened(client):
    page = client.get(WORK)
    return page, Assignment.objects.open().latest("pk")


def answer(client, assignment, page=None, **more):
    token = HOLDS_A.search(page.text) if page is not None else None
    sent = {"assignment": assignment.pk, "key": assignment.key, "answer-overall": "1"}
    sent |= {"suggested": token[1]} if token else {}
    return client.post(WORK, sent | more, headers=HTMX)


def stored():
    return Annotation.objects.exclude(assignment=None).latest("pk")


def shown_side(assignment, value):
    """The letter of the side that ``value`` names in the item's own order, as it is shown."""
    return "AB"[assignment.order.index(int(value > 0))]


# ------------------------------------------------------------------------------------------ the arm


def test_beforehand_the_judges_answer_stands_beside_the_item_as_it_is_shown(
    client, project, member
):
    for _ in range(4):
        judged(project, value=2)
        page, assignment = opened(client)
        side = shown_side(assignment, 2)
        assert f"<strong>{side} clearly better</strong>" in page.text
        answer(client, assignment, page)


def test_what_was_seen_beforehand_is_recorded_in_the_items_own_order(client, project, member):
    judged(project, value=-2)
    page, assignment = opened(client)
    answer(client, assignment, page)
    assert stored().suggestions == {
        "arm": "before",
        "shown": "before",
        "at": 0,
        "informed": True,
        "from": "judges",
        "by": "llm",
        "answers": {"overall": {"value": -2, "both_bad": False}},
        "probability": None,
    }


def test_the_other_arm_sees_nothing_and_is_recorded_as_such(client, project, member):
    set_project(suggestions_share=0)
    judged(project)
    page, assignment = opened(client)
    assert "suggests" not in page.text
    response = answer(client, assignment, page)
    assert "Last item" not in response.text
    record = stored().suggestions
    assert (record["arm"], record["shown"], record["informed"]) == ("none", "none", False)
    assert record["answers"]["overall"]["value"] == 1  # for the two arms to be compared


def test_where_no_judge_has_said_anything_that_is_recorded(client, project, member):
    make_item(project)
    page, assignment = opened(client)
    assert 'id="suggestion"' not in page.text
    answer(client, assignment, page)
    assert stored().suggestions == {
        "arm": "before",
        "shown": "none",
        "informed": False,
        "from": "judges",
    }


def test_recorded_is_what_the_page_showed_though_a_judge_has_answered_meanwhile(
    client, project, member
):
    item = make_item(project)
    page, assignment = opened(client)
    make_annotation(item, make_annotator(project, kind="llm"), value=2)
    answer(client, assignment, page)
    assert stored().suggestions["shown"] == "none"


def test_a_forged_suggestion_is_not_believed(client, project, member):
    judged(project, value=2)
    _, assignment = opened(client)
    answer(client, assignment, None, suggested="eyJmcm9tIjoibW9kZWwifQ:forged")
    assert stored().suggestions["answers"]["overall"]["value"] == 2


def test_the_newest_judge_speaks_and_its_confidence_with_it(client, project, member):
    item = judged(project, value=2)
    judge = make_judge(project, name="newer")
    make_annotation(item, judge.annotator, value=-1)
    for order, sure in ((0, 0.9), (1, 0.7)):
        JudgeCall.objects.create(
            judge=judge,
            item=item,
            order=order,
            shown_order=[0, 1],
            state="answered",
            confidence=sure,
        )
    page, assignment = opened(client)
    assert f"{shown_side(assignment, -1)} slightly better" in page.text
    assert "80.0\N{NO-BREAK SPACE}% sure" in page.text


def test_the_reward_model_names_a_side_and_a_probability(client, project, member):
    set_project(suggestions_from="model")
    item = make_item(project)
    model = make_reward_model(project, promoted=True)
    for completion, reward in zip(item.completions.all(), (1.0, -1.0), strict=True):
        Score.objects.create(reward_model=model, completion=completion, reward=reward)
    page, assignment = opened(client)
    assert f"<strong>{shown_side(assignment, -1)} better</strong>" in page.text
    assert "88.1\N{NO-BREAK SPACE}% sure" in page.text  # 1 / (1 + exp(-2))
    answer(client, assignment, page)
    assert stored().suggestions["by"] == "reward model 1"
    assert stored().suggestions["probability"] == pytest.approx(0.8808)


def test_an_answer_to_a_question_that_means_something_else_now_is_not_suggested(
    client, project, member
):
    judged(project)
    wider = [{"kind": "preference", "name": "overall", "title": "Better?", "points": 7}]
    Form.objects.add_version(project, wider)
    page, _ = opened(client)
    assert 'id="suggestion"' not in page.text


def test_free_text_of_a_judge_is_not_suggested(client, project, member):
    item = make_item(project)
    answers = {"why": {"text": "Because it is longer."}}
    make_annotation(item, make_annotator(project, kind="llm"), answers=answers)
    page, _ = opened(client)
    assert "Because it is longer" not in page.text


# --------------------------------------------------------------------------------- after the answer


def test_after_the_answer_both_stand_above_the_next_item(client, project, member):
    set_project(suggestions="after")
    judged(project, value=2)
    page, first = opened(client)
    assert "llm" not in page.text.lower().replace("llms", "")
    assert HOLDS_A.search(page.text) is None
    make_item(project, prompt="The next one?")
    response = answer(
        client, first, page, wall_seconds="7.5", active_seconds="5", focused_seconds="6"
    )
    assert "The next one?" in response.text
    own = 1 if first.order == [0, 1] else -1
    assert f"you: <strong>{shown_side(first, own)} slightly better</strong>" in response.text
    theirs = f"{shown_side(first, 2)} clearly better</strong>"
    mark = ">" if own == 1 else ' class="other">'  # another side stands out, another strength not
    assert f"the LLM judge: <strong{mark}{theirs}" in response.text
    record = stored().suggestions
    assert (record["arm"], record["shown"], record["informed"]) == ("after", "after", False)
    assert record["at"] == 7500
    assert record["answers"]["overall"]["value"] == 2


def test_a_changed_answer_supersedes_and_says_that_a_suggestion_was_seen(client, project, member):
    set_project(suggestions="after")
    judged(project, value=2)
    page, assignment = opened(client)
    answer(client, assignment, page, **{"answer-overall": "0"})
    again = client.post(reverse("work-undo", args=["pairs"]), headers=HTMX)
    assert "you: tie" in again.text
    assignment.refresh_from_db()
    answer(client, assignment, again)
    first, second = Annotation.objects.exclude(assignment=None).order_by("pk")
    assert second.supersedes == first
    assert first.suggestions["informed"] is False
    assert second.suggestions == {**first.suggestions, "informed": True}


def test_an_undone_answer_that_no_suggestion_followed_is_informed_by_none(client, project, member):
    set_project(suggestions="after")
    make_item(project)
    page, assignment = opened(client)
    answer(client, assignment, page)
    client.post(reverse("work-undo", args=["pairs"]), headers=HTMX)
    assignment.refresh_from_db()
    answer(client, assignment)
    assert stored().suggestions["shown"] == "none"
    assert stored().suggestions["informed"] is False


def test_on_the_page_of_nothing_left_the_last_suggestion_still_stands(client, project, member):
    set_project(suggestions="after")
    judged(project)
    page, assignment = opened(client)
    response = answer(client, assignment, page)
    assert "Nothing left for you here" in response.text
    assert 'id="compared"' in response.text


def test_without_a_script_the_suggestion_comes_as_a_message(client, project, member):
    set_project(suggestions="after")
    judged(project)
    make_item(project)
    _, assignment = opened(client)
    sent = {"assignment": assignment.pk, "key": assignment.key, "answer-overall": "1"}
    following = client.post(WORK, sent, follow=True)
    assert "Last item: you answered" in following.text


# ---------------------------------------------------------------------------------------- the rest


def test_where_nothing_is_drawn_it_takes_no_query_and_records_nothing(client, project, member):
    counts = []
    for mode, evaluation in (("off", False), ("arm", True), ("after", True)):
        set_project(suggestions=mode)
        for _ in range(2):
            judged(project, evaluation=evaluation)
        page, assignment = opened(client)
        with CaptureQueriesContext(connection) as queries:
            answer(client, assignment, page)
        counts.append(len(queries))
        assert stored().suggestions is None
        Assignment.objects.update(state="skipped")
    assert len(set(counts)) == 1


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 2, 0], [2, 1, 0]])
def test_words_name_completions_as_they_are_shown(order):
    questions = make_project(
        questions=[
            {"kind": "preference", "name": "overall", "title": "Better?", "pair": [0, 2]},
            {"kind": "rating", "name": "style", "title": "Style"},
        ]
    ).questions
    letters = ["ABC"[order.index(position)] for position in range(3)]
    better = {"value": -1, "both_bad": False}
    assert words_as_shown(questions["overall"], better, order) == f"{letters[0]} slightly better"
    rated = words_as_shown(questions["style"], {"values": [5, 3, 1]}, order)
    assert sorted(rated.split(", ")) == sorted(
        f"{letter} {value}" for letter, value in zip(letters, (5, 3, 1), strict=True)
    )
