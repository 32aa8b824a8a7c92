"""Every page, wide and narrow, light and dark: axe-core finds nothing against WCAG 2.2 AA.

Pages are found in the URL conf, so that a new one is looked at from its first day.
"""

import pytest
from allauth import urls as account_urls
from django.test import Client
from django.urls import URLResolver, reverse

from annotate.onboarding import Step, begin_test, pass_step, way_of
from frontend import project_urls, urls
from tests.browser.axe import AXE_SCRIPT, LOOKS, all_faults, violations
from tests.browser.everything import Everything
from tests.factories import make_member, make_project
from tests.frontend.roles import release


def routes(patterns):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
        else:
            yield pattern


def addresses(everything):
    """Of everything that has one, but for what a secret in an email leads to."""
    for route in routes([*urls.urlpatterns, *account_urls.urlpatterns]):
        named = route.pattern.converters
        if route.name and len(named) == route.pattern.regex.groups:
            values = {each: everything.value(route.name, each) for each in named}
            url = reverse(route.name, kwargs=values)
            yield route.name, url + everything.queries.get(route.name, "")


def pages(addresses, user=None):
    """Those that show ``user`` a page: not what only takes answers, gives a file, or leads to another."""
    client, shown = Client(), set()
    if user:
        client.force_login(user)
    for name, url in addresses:
        response = client.get(url, follow=True)
        release(response)
        missing = response.status_code == 404 and url.endswith("/0/")
        assert not missing, f"let Everything.rows say what {name} is about"
        path = response.request["PATH_INFO"]
        is_page = response["Content-Type"].startswith("text/html") and response.status_code == 200
        if is_page and path not in shown:
            shown.add(path)
            yield url


@pytest.fixture
def everything(transactional_db):
    return Everything()


def test_pages_keep_the_guidelines_and_the_console_stays_empty(everything, page, site, sign_in):
    known = list(addresses(everything))
    own = [(name, url) for name, url in known if not url.startswith("/accounts/")]
    faults = ""
    for user, least, shown in (
        (None, 6, known),
        (everything.admin, 50, known),
        (everything.annotator, 5, own),
    ):
        found = list(pages(shown, user))
        assert len(found) >= least
        if user:
            sign_in(user)
        faults += all_faults(page, site, found)
    assert not faults, faults


def test_the_way_to_work_keeps_the_guidelines(everything, page, site, sign_in):
    member, start = everything.learner, "/projects/everything/start/"
    sign_in(member.user)
    faults = ""
    for step in (Step.GUIDELINES, Step.EXAMPLES):
        assert way_of(member).present == step
        faults += all_faults(page, site, [start])
        pass_step(member, step)
    assert way_of(member).present == Step.TEST
    faults += all_faults(page, site, [start])
    begin_test(member)
    faults += all_faults(page, site, [f"{start}test/"])
    assert not faults, faults


def test_pages_of_an_empty_project_keep_the_guidelines(page, site, sign_in, transactional_db):
    project = make_project()
    admin = make_member(project, role="admin").user
    names = [
        one.name for one in project_urls.urlpatterns if list(one.pattern.converters) == ["slug"]
    ]
    found = list(pages(((name, reverse(name, args=[project.slug])) for name in names), admin))
    assert len(found) > 15
    sign_in(admin)
    faults = all_faults(page, site, found, looks=LOOKS[1:])
    assert not faults, faults


def test_a_page_that_is_not_there_keeps_the_guidelines(page, site, sign_in, member):
    page.expected = ["404"]
    faults = all_faults(page, site, ["/nowhere/"])
    assert not faults, faults


def test_what_breaks_a_guideline_is_found_and_told(page, site):
    page.goto(f"{site}/accounts/login/")
    page.evaluate(AXE_SCRIPT)
    page.evaluate("""() => {
        document.querySelector("main p").style.color = "#ccc";
        document.querySelector("label").remove();
    }""")
    found = "".join(violations(page))
    assert "color-contrast: <p" in found
    assert "label: <input" in found
