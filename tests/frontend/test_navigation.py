"""The tabs above a project's pages."""

import re

import pytest
from django.urls import get_resolver, reverse

from frontend import project_urls
from frontend.navigation import SECTIONS, tabs
from tests.factories import make_project
from tests.frontend.roles import ADMIN, RESEARCHER, sign_in

pytestmark = pytest.mark.django_db
NAMED = {name for section in SECTIONS for link in section.links for name in link.names}


def present(response):
    return re.findall(r'aria-current="(?:page|true)">([^<]+)<', response.content.decode())


def test_every_tab_leads_to_a_page(client):
    project = make_project()
    sign_in(client, project, ADMIN)
    shown = tabs(project, here="project", may=lambda role: True)
    for tab in shown.sections:
        assert client.get(tab.url).status_code == 200, tab.title


def test_every_name_in_the_tabs_is_that_of_a_page():
    assert set(get_resolver().reverse_dict) >= NAMED


def test_the_present_section_and_page_are_marked(client):
    project = make_project()
    sign_in(client, project, RESEARCHER)
    assert present(client.get(reverse("judges", args=[project.slug]))) == ["Routing", "Judges"]
    assert present(client.get(reverse("project", args=[project.slug]))) == ["Overview"]


def test_whoever_may_not_change_settings_has_no_tab_for_them():
    project = make_project()
    shown = tabs(project, here="guidelines", may=lambda role: role != ADMIN)
    assert "Settings" not in {tab.title for tab in shown.pages}


def test_every_page_of_a_project_that_can_be_opened_belongs_to_a_section():
    pages = {name for section in SECTIONS for name in section.besides} | NAMED
    opened = {
        route.name for route in project_urls.urlpatterns if "<slug:slug>" in str(route.pattern)
    }
    assert opened - pages <= ACTIONS


# Addresses that only take what a page's form sends, or give a file.
ACTIONS = {
    "change-budget",
    "change-item",
    "change-member",
    "change-policy",
    "choose-method",
    "compare-methods",
    "delete-file",
    "delete-project",
    "crowd-file",
    "dry-run",
    "file",
    "judge-act",
    "label-as-gold",
    "ledger-file",
    "log-file",
    "members",
    "policy-off",
    "remove-budget",
    "revoke-invitation",
    "train",
    "transfer-file",
    "try-judge",
    "undo-change",
}
