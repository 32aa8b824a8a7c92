import json
import re

import pytest
from django.urls import reverse

from annotate.models import User
from frontend.comfort import COMMANDS, DEFAULT_KEYS, NAMED_KEYS, key_named, keys_of
from tests.factories import make_item, make_member, make_project, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
URL = "/comfort/"


@pytest.fixture
def user(client):
    user = make_user()
    client.force_login(user)
    return user


def given(**more):
    keys = {f"key-{name}": key for name, key in DEFAULT_KEYS.items()}
    return {"theme": "", "size": "16", "width": "75", **keys, **more}


def stands(response):
    return json.loads(
        re.search(r'<script type="application/json">(.*?)</script>', response.text)[1]
    )


def test_no_two_commands_have_the_same_usual_key():
    assert len(set(DEFAULT_KEYS.values())) == len(COMMANDS)


def test_the_page_is_for_whoever_is_signed_in(client):
    assert client.get(URL).status_code == 302
    assert client.post(URL, given(theme="dark")).status_code == 302
    client.force_login(make_user())
    assert client.get(URL).status_code == 200


def test_what_is_chosen_is_kept_and_only_that(client, user):
    response = client.post(
        URL, given(theme="dark", size="20", width="60", **{"key-skip": "x", "key-submit": "space"})
    )
    assert (response.status_code, response["Location"]) == (303, URL)
    user.refresh_from_db()
    assert user.comfort == {
        "theme": "dark",
        "size": 20,
        "width": 60,
        "keys": {"skip": "x", "submit": " "},
    }
    client.post(URL, given())
    user.refresh_from_db()
    assert user.comfort == {}


def test_htmx_gets_the_form_with_what_holds_from_now_on(client, user):
    response = client.post(URL, given(size="22", **{"key-undo": "Z"}), headers=HTMX)
    assert response.status_code == 200
    assert "<!doctype" not in response.text
    assert stands(response)["classes"] == "size-22 width-75"
    assert stands(response)["keys"]["undo"] == "z"
    assert stands(response)["keys"]["skip"] == "s"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("u", "is there for"),
        ("1", "answers questions"),
        ("ab", "is no key"),
        ("Escape", "is no key"),
        ("\t", "is no key"),
        ("x" * 40, "at most 12"),
    ],
)
def test_a_key_that_cannot_be_is_refused_at_its_field(client, user, typed, words):
    response = client.post(URL, given(size="24", **{"key-skip": typed}), headers=HTMX)
    assert response.status_code == 422
    assert words in response.text
    user.refresh_from_db()
    assert user.comfort == {}


def test_keys_may_change_places(client, user):
    client.post(URL, given(**{"key-skip": "u", "key-undo": "s"}))
    user.refresh_from_db()
    keys = keys_of(user.comfort)
    assert (keys["skip"], keys["undo"]) == ("u", "s")


def test_an_empty_field_means_the_usual_key(client, user):
    client.post(URL, given(**{"key-skip": ""}))
    user.refresh_from_db()
    assert user.comfort == {}


@pytest.mark.parametrize(
    "odd", [{"theme": "pink"}, {"size": "13"}, {"size": "x"}, {"width": "51"}, {"width": ""}]
)
def test_sizes_and_colours_that_are_not_offered_are_refused(client, user, odd):
    assert client.post(URL, given(**odd)).status_code == 422
    assert not User.objects.get(pk=user.pk).comfort


def test_everything_can_be_as_usual_again(client, user):
    client.post(URL, given(theme="dark", **{"key-skip": "x"}))
    response = client.post(URL, {"reset": "1"}, headers=HTMX)
    assert "as usual again" in response.text
    user.refresh_from_db()
    assert user.comfort == {}


def test_the_way_back_leads_only_to_our_own_pages(client, user):
    assert client.post(URL, given(next="/projects/pairs/work/"))["Location"] == (
        "/projects/pairs/work/"
    )
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        assert client.post(URL, given(next=elsewhere))["Location"] == URL
        assert "evil" not in client.get(URL, {"next": elsewhere}).text


def test_controls_of_the_workspace_show_the_own_keys(client):
    project = make_project(slug="pairs")
    member = make_member(project)
    make_item(project)
    member.user.comfort = {"size": 20, "keys": {"skip": "x", "submit": " "}}
    member.user.save()
    client.force_login(member.user)
    text = client.get(reverse("work", args=["pairs"])).text
    assert 'class="working size-20 width-75"' in text
    assert text.count('<kbd data-key-of="skip">x</kbd>') == 2  # on the control and in the list
    assert '<kbd data-key-of="submit">Space</kbd>' in text
    assert 'data-command="skip" data-key="x"' in text


def test_keys_are_known_by_sign_and_by_name():
    assert key_named("S") == "s"
    assert key_named("?") == "?"
    assert key_named("ö") == "ö"
    assert key_named("space") == key_named("Space") == key_named(" ") == " "
    assert key_named("⌫") == key_named("backspace") == "Backspace"
    assert key_named("f2") == "F2"
    assert all(key_named(word) == key for key, word in NAMED_KEYS.items())
