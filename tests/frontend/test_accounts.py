import pytest
from django.urls import reverse

from annotate.models import User
from tests.factories import make_member, make_project, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "secret"


def sign_in(client, name, password=PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": name, "password": password} | more)


def test_people_sign_in_with_their_name_or_email(client):
    make_user("ada", email="ada@example.org")
    for name in ("ada", "ada@example.org"):
        response = sign_in(client, name)
        assert (response.status_code, response["Location"]) == (302, "/")
        client.logout()


def test_signing_in_goes_back_to_where_one_was(client):
    project = make_project()
    user = make_member(project).user
    work = reverse("work", args=[project.slug])
    page = client.get(client.get(work)["Location"])
    assert f'name="next" value="{work}"' in page.content.decode()
    assert sign_in(client, user.username, next=work)["Location"] == work


def test_a_wrong_password_is_told_and_keeps_the_name(client):
    make_user("ada")
    response = sign_in(client, "ada", "wrong")
    content = response.content.decode()
    assert response.status_code == 200
    assert 'role="alert"' in content
    assert 'value="ada"' in content


def test_too_many_wrong_passwords_are_stopped(client):
    make_user("ada")
    answers = [sign_in(client, "ada", "wrong") for _ in range(12)]
    assert "Too many failed" in answers[-1].content.decode() or answers[-1].status_code == 429
    assert "Location" not in sign_in(client, "ada")


def test_signing_out_is_asked_for_and_done(client):
    client.force_login(make_user())
    assert b"Sign out?" in client.get(reverse("account_logout")).content
    assert client.post(reverse("account_logout")).status_code == 302
    assert client.get("/").status_code == 302


def test_nobody_signs_up_uninvited(client):
    response = client.post(
        reverse("account_signup"),
        {"username": "eve", "password1": "a-long-one-4711", "password2": "a-long-one-4711"},
    )
    assert response.status_code == 200
    assert "by invitation" in response.text
    assert not User.objects.filter(username="eve").exists()


@pytest.mark.parametrize(
    "name", ["account_change_password", "mfa_index", "account_email", "account_logout"]
)
def test_account_pages_look_like_the_others(client, name):
    client.force_login(make_user())
    content = client.get(reverse(name), follow=True).content.decode()
    assert 'class="brand"' in content
    assert content.count("<h1") == 1
    assert "Menu:" not in content
