"""A judge's marks in the workspace, by question: filled in to begin with, shown afterwards, recorded."""

import html
import json
import re

import pytest
from django.urls import reverse

from annotate.assignment import correct, correction_key
from annotate.models import Annotation, Annotator, Assignment, Form, Gold, Project
from tests.factories import make_annotation, make_annotator, make_item, make_member, make_project

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
WORK = "/projects/spans/work/"
TEXTS = ("Lyon is 🇫🇷 the capital.", "Paris is it.")
TOKEN = re.compile(r'name="offered" value="([^"]+)"')
FIELD = re.compile(r'name="answer-errors" value="([^"]*)"')
SUGGESTED = re.compile(r'data-suggested="([^"]*)" data-suggested-by="([^"]*)"')
LYON = {"completion": 0, "start": 0, "end": 4, "text": "Lyon", "label": "wrong"}
CAPITAL = {"completion": 0, "start": 15, "end": 22, "text": "capital", "label": "unclear"}
IT = {"completion": 1, "start": 9, "end": 11, "text": "it", "label": "unclear"}
THEIRS = {"spans": [LYON, CAPITAL, IT]}


def form(when, **more):
    return [{"kind": "spans", "name": "errors", "title": "Errors?", "suggestions": when, **more}]


@pytest.fixture
def project():
    return make_project(slug="spans", questions=form("before"))


@pytest.fixture
def member(project, client):
    member = make_member(project)
    client.force_login(member.user)
    return member


def set_form(project, when, **more):
    Form.objects.create(
        project=project, version=project.form.version + 1, questions=form(when, **more)
    )
    return Project.objects.get(pk=project.pk)


def judged(project, answer=THEIRS, **item):
    made = make_item(project, completions=TEXTS, **item)
    llm = Annotator.objects.llms().filter(project=project, name="mini v1").first()
    llm = llm or make_annotator(project, kind="llm", name="mini v1")
    make_annotation(made, llm, answers={"errors": answer})
    return made


def opened(client):
    page = client.get(WORK)
    assignment = Assignment.objects.open().latest("pk")
    return page, assignment


def as_shown(assignment, *spans):
    """Parts in the item's order, as the page has them."""
    places = [assignment.order.index(position) for position in range(2)]
    moved = [one | {"completion": places[one["completion"]]} for one in spans]
    return sorted(moved, key=lambda one: (one["completion"], one["start"]))


def in_field(page):
    found = FIELD.search(page.text)[1]
    return json.loads(html.unescape(found)) if found else None


def send(client, assignment, page, *spans, clean=(), **more):
    answer = {"spans": as_shown(assignment, *spans)}
    if clean:
        answer["clean"] = [assignment.order.index(position) for position in clean]
    token = TOKEN.search(page.text)
    sent = {
        "assignment": assignment.pk,
        "key": assignment.key,
        "answer-errors": json.dumps(answer),
        **({"offered": html.unescape(token[1])} if token else {}),
    }
    return client.post(WORK, sent | more, headers=HTMX)


def stored():
    return Annotation.objects.exclude(assignment=None).latest("pk")


# ----------------------------------------------------------------------------------- filled in before


def test_a_judges_marks_are_filled_in_as_they_are_shown_and_say_whose_they_are(
    client, project, member
):
    judged(project)
    page, assignment = opened(client)
    assert in_field(page) == {"spans": as_shown(assignment, LYON, CAPITAL, IT)}
    suggested, by = SUGGESTED.search(page.text).groups()
    assert json.loads(html.unescape(suggested)) == in_field(page)
    assert by == "mini v1"


def test_what_became_of_each_is_recorded_beside_an_answer_without_a_trace_of_it(
    client, project, member
):
    item = judged(project)
    page, assignment = opened(client)
    mine = CAPITAL | {"start": 11, "text": "the capital"}
    new = {"completion": 0, "start": 5, "end": 7, "text": "is", "label": "good"}
    response = send(client, assignment, page, LYON, mine, new, clean=[1])
    assert response.status_code == 200
    label = stored()
    assert label.answers == {"errors": {"spans": [LYON, new, mine], "clean": [1]}}
    assert label.suggestions == {
        "questions": {
            "errors": {
                "shown": "before",
                "at": 0,
                "informed": True,
                "from": "judges",
                "by": "mini v1",
                "label": item.annotations.by_judges().get().pk,
                "answer": THEIRS,
                "kept": [0],
                "changed": [1],
                "deleted": [2],
                "added": 1,
            }
        }
    }


def test_that_there_is_nothing_is_left_for_the_annotator_to_say(client, project, member):
    judged(project, {"spans": [LYON], "clean": [1]})
    page, assignment = opened(client)
    assert in_field(page) == {"spans": as_shown(assignment, LYON)}
    send(client, assignment, page, LYON)
    assert not Annotation.objects.exclude(assignment=None).exists()


def test_a_judge_that_found_nothing_fills_nothing_in(client, project, member):
    judged(project, {"spans": [], "clean": [0, 1]})
    page, assignment = opened(client)
    assert in_field(page) is None
    send(client, assignment, page, clean=[0, 1])
    assert stored().suggestions is None


@pytest.mark.parametrize("when", ["off", "after"])
def test_with_another_setting_the_form_starts_empty(client, project, member, when):
    set_form(project, when)
    judged(project)
    page, _ = opened(client)
    assert in_field(page) is None
    assert "data-suggested" not in page.text
    assert "mini v1" not in page.text


def test_items_of_the_evaluation_share_and_gold_show_none(client, project, member):
    judged(project, evaluation=True)
    gold = judged(project)
    Gold.objects.create(item=gold, form=project.form, answers={"errors": THEIRS})
    for _ in range(2):
        page, assignment = opened(client)
        assert in_field(page) is None
        assert "data-suggested" not in page.text
        send(client, assignment, page, LYON, clean=[1])
        assert stored().suggestions is None


def test_marks_that_do_not_fit_what_is_asked_by_now_are_not_filled_in(client, project, member):
    judged(project, {"spans": [LYON, LYON | {"end": 7, "text": "Lyon is"}]})
    set_form(project, "before", overlap=False)
    page, _ = opened(client)
    assert in_field(page) is None


def test_marks_under_other_labels_are_not_filled_in(client, project, member):
    judged(project)
    set_form(project, "before", labels=[{"value": "bad", "label": "Bad"}])
    page, _ = opened(client)
    assert in_field(page) is None


def test_comments_that_are_not_asked_for_any_more_are_left_out(client, project, member):
    judged(project, {"spans": [LYON | {"comment": "It is Paris."}]})
    set_form(project, "before", comments="off")
    page, assignment = opened(client)
    assert in_field(page) == {"spans": as_shown(assignment, LYON)}


# ------------------------------------------------------------------------------- drafts, faults, undo


def test_a_draft_takes_the_place_of_what_was_filled_in_and_remembers_it(client, project, member):
    item = judged(project)
    page, assignment = opened(client)
    token = html.unescape(TOKEN.search(page.text)[1])
    draft = {"assignment": assignment.pk, "key": assignment.key, "answer-errors": "", "at": "5"}
    client.post(f"{WORK}draft/", draft | {"offered": token})
    other = make_annotator(project, kind="llm", name="maxi v1")
    make_annotation(item, other, answers={"errors": {"spans": [IT]}})
    again = client.get(WORK)
    assert in_field(again) is None  # all was taken away
    assert SUGGESTED.search(again.text)[2] == "mini v1"
    send(client, assignment, again, CAPITAL, clean=[1])
    recorded = stored().suggestions["questions"]["errors"]
    assert (recorded["by"], recorded["kept"], recorded["deleted"]) == ("mini v1", [1], [0, 2])


def test_a_form_with_a_fault_comes_back_with_what_was_there_not_with_the_suggestion(
    client, project, member
):
    judged(project)
    page, assignment = opened(client)
    response = send(client, assignment, page, LYON)
    assert response.status_code == 422
    assert in_field(response) == {"spans": as_shown(assignment, LYON)}
    assert SUGGESTED.search(response.text)


def test_what_is_taken_back_comes_again_as_it_was_answered(client, project, member):
    judged(project)
    page, assignment = opened(client)
    send(client, assignment, page, LYON, clean=[1])
    client.post(f"{WORK}undo/")
    page, assignment = opened(client)
    assert in_field(page)["spans"] == as_shown(assignment, LYON)
    send(client, assignment, page, LYON, CAPITAL, clean=[1])
    recorded = stored().suggestions["questions"]["errors"]
    assert (recorded["kept"], recorded["deleted"]) == ([0, 1], [2])


def test_a_correction_is_held_against_what_was_filled_in(client, project, member):
    judged(project)
    page, assignment = opened(client)
    send(client, assignment, page, LYON, CAPITAL, IT)
    label = stored()
    answers = {"errors": {"spans": [LYON], "clean": [1]}}
    later = correct(label, answers, membership=member, key=correction_key(label))
    recorded = later.suggestions["questions"]["errors"]
    assert (recorded["kept"], recorded["deleted"]) == ([0], [1, 2])
    assert label.suggestions["questions"]["errors"]["kept"] == [0, 1, 2]


def test_a_page_of_before_the_judge_answered_recorded_nothing(client, project, member):
    item = make_item(project, completions=TEXTS)
    page, assignment = opened(client)
    make_annotation(item, make_annotator(project, kind="llm"), answers={"errors": THEIRS})
    send(client, assignment, page, LYON, clean=[1])
    assert stored().suggestions is None


def test_what_another_page_filled_in_says_nothing_of_this_one(client, project, member):
    judged(project, {"spans": [IT]})
    page, assignment = opened(client)
    foreign = html.unescape(TOKEN.search(page.text)[1])
    send(client, assignment, page, IT, clean=[0])
    judged(project)
    page, assignment = opened(client)
    send(client, assignment, page, LYON, clean=[1], offered=foreign)
    assert stored().suggestions["questions"]["errors"]["answer"] == THEIRS


# ---------------------------------------------------------------------------------------- afterwards


def test_after_the_own_answer_the_judges_quotes_come_up_beside_it(client, project, member):
    set_form(project, "after")
    judged(project)
    make_item(project, completions=TEXTS)
    page, assignment = opened(client)
    assert "frontend/css/suggestion" in page.text  # the strip is to come
    text = html.unescape(send(client, assignment, page, LYON, clean=[1]).text)
    letter = "AB"[assignment.order.index(0)]
    assert f"{letter}: “Lyon” Wrong, “capital” Unclear" in text
    assert "the LLM judge" in text
    recorded = stored().suggestions["questions"]["errors"]
    assert (recorded["shown"], recorded["informed"], recorded["answer"]) == ("after", False, THEIRS)


def test_an_answer_that_is_changed_after_it_came_up_is_informed(client, project, member):
    set_form(project, "after")
    judged(project)
    page, assignment = opened(client)
    send(client, assignment, page, LYON, clean=[1])
    client.post(f"{WORK}undo/")
    page, assignment = opened(client)
    send(client, assignment, page, LYON, CAPITAL, IT)
    assert stored().suggestions["questions"]["errors"]["informed"] is True


def test_the_projects_own_suggestions_leave_marks_to_their_question(client, project, member):
    Project.objects.update(suggestions="arm", suggestions_share=1.0)
    set_form(project, "off")
    judged(project)
    page, _ = opened(client)
    assert "Lyon” Wrong" not in html.unescape(page.text)


def test_both_are_recorded_side_by_side(client, project, member):
    Project.objects.update(suggestions="after")
    overall = {"kind": "preference", "name": "overall", "title": "Which?"}
    Form.objects.create(project=project, version=9, questions=[*form("before"), overall])
    preference = {"value": 1, "both_bad": False}
    item = make_item(Project.objects.get(), completions=TEXTS)
    llm = make_annotator(project, kind="llm")
    make_annotation(item, llm, answers={"errors": THEIRS, "overall": preference})
    page, assignment = opened(client)
    send(client, assignment, page, LYON, clean=[1], **{"answer-overall": "1"})
    recorded = stored().suggestions
    assert (recorded["arm"], recorded["answers"]) == ("after", {"overall": preference})
    assert recorded["questions"]["errors"]["kept"] == [0]


def test_corrections_and_lists_of_labels_offer_nothing(client, project, member):
    judged(project)
    page, assignment = opened(client)
    send(client, assignment, page, LYON, clean=[1])
    own = client.get(reverse("my-label", args=["spans", stored().pk]))
    assert own.status_code == 200
    assert "data-suggested" not in own.text
