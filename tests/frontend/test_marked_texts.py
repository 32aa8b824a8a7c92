"""Pages on which parts of texts are marked or shown carry what scripts need to count in them."""

import html
import re

import pytest
from django.urls import reverse

from annotate.models import Assignment, Membership
from frontend.markdown import LONGEST
from tests.annotate.round_trips import spans
from tests.factories import make_item, make_member, make_project

pytestmark = pytest.mark.django_db
FIRST, SECOND = "**One** 🙂\r\nline.\n", "<b>&amp; two"
PLAIN, STRUCTURED = "One. Two.\rThree.", "# Head\n\n- a\n- b"


@pytest.fixture
def project():
    return make_project(slug="parts", questions=[spans(contexts=True)])


@pytest.fixture
def item(project):
    contexts = [{"text": PLAIN}, {"text": STRUCTURED}]
    return make_item(project, completions=(FIRST, SECOND), contexts=contexts)


@pytest.fixture
def researcher(project, client):
    member = make_member(project, role=Membership.Role.RESEARCHER)
    client.force_login(member.user)
    return member


def views(page):
    """By text, what its raw view holds, and whether it has a rendered one with places."""
    found = {}
    for opening, inside in re.findall(
        r"(<div [^>]*data-text=[^>]*>)(.*?)(?=</div>)", page, re.DOTALL
    ):
        [text] = re.findall(r'data-text="([^"]*)"', opening)
        raw, mapped = found.get(text, (None, False))
        if "data-rendered" in opening:
            mapped = "data-s=" in inside
        else:
            held = re.sub(r"^<pre[^>]*>\n|<[^>]*>", "", inside)
            raw = html.unescape(held)
        found[text] = raw, mapped
    return found


def test_the_workspace_has_the_stored_text_and_the_rendered_one_with_places(client, project, item):
    client.force_login(make_member(project).user)
    page = client.get(reverse("work", args=["parts"])).text
    order = Assignment.objects.get().order
    shown = [(FIRST, SECOND)[position] for position in order]
    assert views(page) == {
        "context-0": (PLAIN, False),
        "context-1": (STRUCTURED, True),
        "completion-0": (shown[0], True),
        "completion-1": (shown[1], True),
    }


def test_what_is_too_long_to_be_rendered_has_one_view(client, project):
    text = "word\r\n" * LONGEST
    make_item(project, completions=(text,))
    client.force_login(make_member(project).user)
    page = client.get(reverse("work", args=["parts"])).text
    assert views(page) == {"completion-0": (text, False)}


@pytest.mark.parametrize("where", ["item", "review"])
def test_the_item_and_its_review_have_them_in_the_items_own_order(client, item, researcher, where):
    url = (
        item.get_absolute_url() if where == "item" else f"/projects/parts/reviews/items/{item.pk}/"
    )
    response = client.get(url)
    assert response.status_code == 200
    assert views(response.text) == {
        "context-0": (PLAIN, False),
        "context-1": (STRUCTURED, True),
        "completion-0": (FIRST, True),
        "completion-1": (SECOND, True),
    }


@pytest.mark.parametrize("role", [Membership.Role.ANNOTATOR, Membership.Role.RESEARCHER])
def test_pages_without_questions_about_parts_have_none_of_it(client, role):
    project = make_project(slug="whole")
    item = make_item(project, completions=(FIRST, SECOND), contexts=[{"text": STRUCTURED}])
    client.force_login(make_member(project, role=role).user)
    pages = [reverse("work", args=["whole"])]
    if role == Membership.Role.RESEARCHER:
        pages += [item.get_absolute_url(), f"/projects/whole/reviews/items/{item.pk}/"]
    for url in pages:
        text = client.get(url).text
        assert "One" in text
        assert not re.search(r"data-(?:text|s|e)=", text)
