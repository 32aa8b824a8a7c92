"""The form's page: reading it, editing it with and without scripts, and what is told before storing."""

import re

import pytest

from annotate.form_versions import store_form
from annotate.models import AuditEntry, Form
from annotate.questions import MOST_QUESTIONS, kinds
from routing.routing import set_policy
from tests.factories import (
    PAIRWISE,
    make_annotation,
    make_annotator,
    make_assignment,
    make_item,
    make_member,
    make_project,
)
from tests.frontend.roles import ADMIN, RESEARCHER, sign_in, statuses
from tests.frontend.rows import make_judge

pytestmark = pytest.mark.django_db
PAGE = "/projects/pairs/form/"


@pytest.fixture
def project():
    return make_project(slug="pairs", name="Pairs")


@pytest.fixture
def admin(project, client):
    return sign_in(client, project, ADMIN)


def fields(response):
    """What a browser would send back of the page as it is, without a button."""
    text = response.text
    form = text[text.index('<form id="editor-form"') :]
    found = []
    for tag in re.findall(r"<input[^>]*>|<textarea[^>]*>[^<]*</textarea>", form):
        name = re.search(r'name="([^"]+)"', tag)
        if not name or ('type="checkbox"' in tag and " checked" not in tag):
            continue
        value = re.search(r'value="([^"]*)"', tag)
        inside = re.search(r">\n?([^<]*)</textarea>", tag)
        ticked = "on" if 'type="checkbox"' in tag else ""
        plain = inside.group(1) if inside else value.group(1) if value else ticked
        found.append((name.group(1), plain))
    for name, options in re.findall(
        r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found.append((name, chosen.group(1) if chosen else ""))
    return found


def send(client, sent, do, *, part=None, live=False, **changes):
    """Post the fields with some changed; an empty change of a box leaves it out."""
    data = {}
    for name, value in sent:
        data.setdefault(name, []).append(value)
    data |= {name.replace("__", "-"): [value] for name, value in changes.items()}
    data = {name: values for name, values in data.items() if values != [None]}
    headers = {"HX-Request": "true", "HX-Target": part} if part else {}
    url = f"{PAGE}?live" if live else PAGE
    return client.post(url, data | {"do": do}, headers=headers)


def kept(form):
    return [question["name"] for question in form.questions]


# ----------------------------------------------------------------------------------------- who may


def test_researchers_read_the_form_and_admins_change_it(client, project):
    assert statuses(client, project, "get", PAGE) == [302, 404, 403, 200, 200]
    assert statuses(client, project, "post", PAGE)[:4] == [302, 404, 403, 403]


def test_researchers_see_questions_preview_and_versions_but_no_field(client, project):
    sign_in(client, project, RESEARCHER)
    make_item(project, prompt="A real prompt")
    text = client.get(PAGE).text
    assert "Which is better?" in text
    assert "A real prompt" in text
    assert "Points of the scale" in text
    assert "editor-form" not in text


def test_a_part_is_as_closed_as_the_page(client, project):
    sign_in(client, project, RESEARCHER)
    assert send(client, [], "preview", part="preview", live=True).status_code == 403


# ----------------------------------------------------------------------------------------- the page


def test_every_setting_of_a_question_is_a_field_with_its_words(client, project, admin):
    response = client.get(PAGE)
    assert "Odd numbers have a tie in the middle" in response.text
    sent = dict(fields(response))
    assert sent["q0-points"] == "5"
    assert sent["q0-pair"] == "1, 2"
    assert sent["q0-required"] == "on"
    assert "q0-both_bad" not in sent
    assert sent["q1-minimum_length"] == "0"


def test_the_preview_is_the_workspace_with_an_item_of_the_project(client, project, admin):
    assert "With an example" in client.get(PAGE).text
    make_item(project, key="first", prompt="What is *this*?", completions=("One.", "Two."))
    text = client.get(PAGE).text
    assert "With item first" in text
    assert "<em>this</em>" in text
    assert 'name="answer-overall"' in text


def test_sent_back_as_it_is_nothing_is_stored(client, project, admin):
    response = send(client, fields(client.get(PAGE)), "store")
    assert response.status_code == 302
    assert Form.objects.count() == 1


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_a_question_of_every_kind_is_added_filled_in_and_stored(client, project, admin, kind):
    response = send(client, fields(client.get(PAGE)), f"add:{kind}")
    sent = fields(response)
    assert ("question", "q2") in sent
    told = send(client, sent, "preview", q2__title="Another one?")
    stored = send(client, fields(told), "store")
    assert stored.status_code == 302, stored.text
    assert kept(Form.objects.get(version=2)) == [
        "overall",
        "why",
        kind if kind != "text" else "text",
    ]


def test_questions_move_and_go(client, project, admin):
    response = send(client, fields(client.get(PAGE)), "down:q0", part="editor")
    assert "<html" not in response.text
    assert [v for n, v in fields(response) if n == "question"] == ["q1", "q0"]
    response = send(client, fields(response), "up:q1", part="editor")
    assert [v for n, v in fields(response) if n == "question"] == ["q1", "q0"]
    response = send(client, fields(response), "remove:q0", part="editor")
    assert [v for n, v in fields(response) if n == "question"] == ["q1"]
    assert "data-focus" in response.text
    told = send(client, fields(response), "preview")
    send(client, fields(told), "store", note="Only reasons")
    assert kept(Form.objects.get(version=2)) == ["why"]
    assert AuditEntry.objects.get(action="form.version").details["note"] == "Only reasons"


@pytest.mark.parametrize("action", ["add:nothing", "up:zz", "remove:", "rename:q0", "xyz", ""])
def test_actions_that_make_no_sense_change_nothing(client, project, admin, action):
    response = send(client, fields(client.get(PAGE)), action)
    assert response.status_code == 200
    assert [v for n, v in fields(response) if n == "question"] == ["q0", "q1"]


def test_typing_brings_the_preview_and_what_is_wrong_beside_it_alone(client, project, admin):
    sent = fields(client.get(PAGE))
    part = send(client, sent, "", part="preview", live=True, q0__title="Which one?", q0__points="x")
    assert 'id="preview"' in part.text
    assert 'editor-form" method' not in part.text
    assert "Points of the scale: Enter a whole number." in part.text
    assert 'id="faults-q0" class="faults" hx-swap-oob="true"' in part.text
    assert Form.objects.count() == 1


# ------------------------------------------------------------------------------------ what is wrong


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"q0__points": "12"}, "less than or equal to 9"),
        ({"q0__pair": "1, 1"}, "two different positions"),
        ({"q0__pair": "1, x"}, "whole numbers between commas"),
        ({"q0__pair": "0, 1"}, "numbers from 1"),
        ({"q0__pair": "1, 99999"}, "two different positions"),
        ({"q0__title": " "}, "required"),
        ({"q0__title": "x" * 301}, "at most 300"),
        ({"q0__name": "Überall"}, "is not allowed"),
        ({"q0__name": "why"}, "Another question is named why"),
        ({"q0__title": "a\x00b"}, "Null characters"),
    ],
)
def test_what_is_wrong_stands_at_its_question_and_is_not_stored(
    client, project, admin, changes, fault
):
    response = send(client, fields(client.get(PAGE)), "store", **changes)
    assert response.status_code == 422
    assert fault in response.text
    assert Form.objects.count() == 1


def test_a_form_without_questions_is_refused(client, project, admin):
    response = send(client, [("base", "1")], "store")
    assert response.status_code == 422
    assert "at least one question" in response.text


def test_more_questions_than_can_be_asked_are_refused(client, project, admin):
    one = {"kind": "text", "was": "", "title": "T", "minimum_length": "0"}
    sent = [("base", "1")]
    for n in range(200):
        sent.append(("question", f"q{n}"))
        sent += [(f"q{n}-{name}", value) for name, value in one.items()]
    assert send(client, sent, "store").status_code == 400  # more fields than a page has
    few = [
        (n, v)
        for n, v in sent
        if n == "base" or int(re.search(r"\d+", v if n == "question" else n)[0]) < 60
    ]
    response = send(client, few, "store")
    assert response.status_code == 422
    assert f"{MOST_QUESTIONS} questions at most" in response.text


def test_hostile_words_are_shown_as_words(client, project, admin):
    hostile = '"><script>alert(1)</script><b>'
    told = send(
        client,
        fields(client.get(PAGE)),
        "preview",
        q0__title=hostile,
        q0__help=hostile,
        note=hostile,
    )
    assert "<script>alert" not in told.text
    sent = [(n, hostile if n in ("q0-title", "q0-help") else v) for n, v in fields(told)]
    assert send(client, sent, "store", note=hostile).status_code == 302
    assert Form.objects.get(version=2).questions[0]["title"] == hostile
    for url in (PAGE, f"{PAGE}?from=1&to=2", "/projects/pairs/log/"):
        assert "<script>alert" not in client.get(url).text


def test_words_of_any_script_survive(client, project, admin):
    title = "Welche ist besser? \u202b\u05de\u05d4\u202c \U0001f600"
    told = send(client, fields(client.get(PAGE)), "preview", q0__title=title)
    send(client, fields(told), "store")
    assert Form.objects.get(version=2).questions[0]["title"] == title


# ------------------------------------------------------------------------------- what storing would do


def told_of(client, **changes):
    response = send(client, fields(client.get(PAGE)), "preview", **changes)
    told = response.context["told"]
    return [one.words for one in told.found], told.changes.words()


def test_without_labels_a_change_affects_none(client, project, admin):
    found, changes = told_of(client, q0__title="Which one?")
    assert changes == ["question overall: title “Which is better?” → “Which one?”"]
    assert found == ["Nobody has labelled yet, so no label is affected."]


def test_what_a_removed_a_renamed_and_a_new_question_mean_for_labels_is_said(
    client, project, admin
):
    for _ in range(2):
        make_annotation(make_item(project), make_annotator(project))
    found, changes = told_of(client, q1__name="reason")
    assert changes == ["question why is called reason"]
    assert found[0].startswith("2 labels were made with forms that ask why. They stay")
    assert "reason starts without an answer" in found[0]
    response = send(client, fields(client.get(PAGE)), "remove:q0")
    found = [one.words for one in response.context["told"].found]
    assert any("leave overall out from now on" in words for words in found)
    assert any("reward models have nothing to learn from" in words for words in found)
    response = send(client, fields(client.get(PAGE)), "add:rating")
    response = send(client, fields(response), "preview", q2__title="Tone")
    found = [one.words for one in response.context["told"].found]
    assert any("2 labels were made without rating" in words for words in found)
    assert "From now on people owe an answer to rating." in found


def test_open_items_judges_policies_and_the_main_preference_are_spoken_of(client, project, admin):
    make_assignment(make_item(project), make_member(project))
    judge = make_judge(project)
    set_policy(project, "confidence", judge=judge)
    found, _ = told_of(client, q0__name="best")
    assert any("1 item is open with version 1" in words for words in found)
    assert any("The main preference is best instead of overall" in words for words in found)
    [about] = [words for words in found if words.startswith("Judge judge v1")]
    assert "policy confidence v1 will ask that one" in about


def test_nothing_is_stored_before_its_consequences_were_on_the_page(client, project, admin):
    make_annotation(make_item(project), make_annotator(project))
    sent = fields(client.get(PAGE))
    unread = send(client, sent, "store", q1__name="reason")
    assert unread.status_code == 422
    assert "Nothing is stored yet" in unread.text
    make_judge(project)  # what would follow is not what was read any more
    again = send(client, fields(unread), "store")
    assert again.status_code == 422
    assert send(client, fields(again), "store").status_code == 302
    assert kept(Form.objects.get(version=2)) == ["overall", "reason"]


def test_a_scale_in_use_is_refused_at_its_question_with_a_name_that_is_free(client, project, admin):
    make_annotation(make_item(project), make_annotator(project))
    response = send(client, fields(client.get(PAGE)), "store", q0__points="3")
    assert response.status_code == 422
    assert "The scale of overall would change (points of the scale 5 → 3)" in response.text
    assert "Name it overall_2" in response.text
    renamed = send(client, fields(response), "rename:q0")
    assert ("q0-name", "overall_2") in fields(renamed)
    assert send(client, fields(renamed), "store").status_code == 302
    assert kept(Form.objects.get(version=2)) == ["overall_2", "why"]


# ------------------------------------------------------------------------------------- two at once


def test_the_second_of_two_who_edit_is_told_what_the_first_did_and_loses_nothing(
    client, project, admin
):
    sent = fields(client.get(PAGE))
    store_form(project, [PAIRWISE[0]], base=1)
    response = send(client, sent, "store", q0__title="Mine")
    assert response.status_code == 422
    assert "stored version 2" in response.text
    assert "Question why is removed" in response.text
    assert Form.objects.count() == 2
    mine = send(client, fields(response), "rebase")
    assert "stored version 2" not in mine.text
    assert send(client, fields(mine), "store").status_code == 302
    newest = Form.objects.latest("version")
    assert newest.version == 3
    assert newest.questions[0]["title"] == "Mine"
    assert kept(newest) == ["overall", "why"]


# ----------------------------------------------------------------------------------------- versions


def test_versions_say_who_stored_them_why_what_changed_and_who_uses_them(client, project, admin):
    make_annotation(make_item(project), make_annotator(project))
    told = send(client, fields(client.get(PAGE)), "preview", q0__title="Which one?")
    send(client, fields(told), "store", note="Shorter")
    second, first = client.get(PAGE).context["versions"]
    assert (second.by, second.note) == (admin.username, "Shorter")
    assert second.changes == ["question overall: title “Which is better?” → “Which one?”"]
    assert (first.standing.labels, second.standing.labels) == (1, 0)


def test_any_two_versions_are_compared(client, project, admin):
    store_form(project, [*PAIRWISE, {"kind": "text", "name": "more", "title": "More"}])
    store_form(project, list(PAIRWISE))
    assert client.get(f"{PAGE}?from=1&to=3").context["compared"]["words"] == []
    assert "They ask the same" in client.get(f"{PAGE}?from=1&to=3").text
    assert "Question more is removed" in client.get(f"{PAGE}?from=2&to=3").text
    assert client.get(f"{PAGE}?from=2&to=99").context["compared"] is None


def test_the_page_takes_as_many_queries_for_many_versions_and_items_as_for_one(
    client, project, admin, django_assert_num_queries
):
    for size in (1, 8):
        for n in range(size):
            make_item(project)
            store_form(project, [{**PAIRWISE[0], "title": f"Title {size} {n}"}])
        with django_assert_num_queries(13):
            client.get(PAGE)
