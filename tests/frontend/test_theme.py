"""Light or dark: as the system is, unless somebody has chosen."""

import re

import pytest
from django.urls import reverse

from tests.factories import make_project
from tests.frontend.roles import RESEARCHER, sign_in

pytestmark = pytest.mark.django_db


def root(response):
    return re.search("<html[^>]*>", response.content.decode()).group()


def scheme(response):
    return re.search('name="color-scheme" content="([^"]*)"', response.content.decode()).group(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_somebody_chose_stands_on_every_page(client, theme):
    project = make_project()
    user = sign_in(client, project, RESEARCHER)
    user.comfort = {"theme": theme}
    user.save(update_fields=["comfort"])
    for url in (reverse("project", args=[project.slug]), reverse("home"), "/nowhere/"):
        response = client.get(url)
        assert f'data-theme="{theme}"' in root(response)
        assert scheme(response) == theme


@pytest.mark.parametrize("comfort", [{}, {"theme": ""}])
def test_without_a_choice_the_system_decides(client, comfort):
    project = make_project()
    user = sign_in(client, project, RESEARCHER)
    user.comfort = comfort
    user.save(update_fields=["comfort"])
    response = client.get(reverse("project", args=[project.slug]))
    assert root(response) == '<html lang="en">'
    assert scheme(response) == "light dark"


def test_the_sign_in_page_follows_the_system(client):
    assert scheme(client.get(reverse("account_login"))) == "light dark"
