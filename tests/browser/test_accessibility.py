"""Every page, wide and narrow, light and dark: axe-core finds nothing against WCAG 2.2 AA.

Pages are found in the URL conf, so that a new one is looked at from its first day.
"""

import pytest
from allauth import urls as account_urls
from axe_playwright_python.base import AXE_SCRIPT
from django.test import Client
from django.urls import URLResolver, reverse

from frontend import project_urls, urls
from tests.browser.everything import Everything
from tests.factories import make_member, make_project
from tests.frontend.roles import release

WIDE, NARROW = {"width": 1280, "height": 720}, {"width": 400, "height": 800}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALL = {"runOnly": {"type": "tag", "values": TAGS}}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
BUT_COLOURS = ALL | {"rules": {"color-contrast": {"enabled": False}}}
LOOKS = (
    (WIDE, "light", ALL),
    (WIDE, "dark", COLOURS),
    (NARROW, "dark", BUT_COLOURS),  # the same colours stand on both widths
    (NARROW, "light", COLOURS),
)
NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


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
            yield route.name, reverse(route.name, kwargs=values)


def pages(addresses, user=None):
    """Those that show ``user`` a page: nothing that only takes answers, or gives a file."""
    client = Client()
    if user:
        client.force_login(user)
    for name, url in addresses:
        response = client.get(url)
        release(response)
        missing = response.status_code == 404 and url.endswith("/0/")
        assert not missing, f"let Everything.rows say what {name} is about"
        if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
            yield url


def violations(page, options):
    """One for each rule, with the first of what breaks it."""
    options = options | {"resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(document, options)", options)
    for rule in found["violations"]:
        first, *others = rule["nodes"]
        more = f" and {len(others)} more" if others else ""
        yield f"{rule['id']}: {first['html'][:200]}{more}\n{first['failureSummary']}"


def faults_of(page, url, looks=LOOKS):
    """What is wrong with one page, and in which look; it is loaded once."""
    page.goto(url)
    page.evaluate(AXE_SCRIPT)  # which the page's own policy would refuse as a script
    for size, scheme, options in looks:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        page.evaluate(NEXT_FRAME)  # scripts learn of the new size before it is drawn
        look = f"\n{url} at {size['width']} px, {scheme}: "
        yield from (look + fault for fault in violations(page, options))
        beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if wider := page.evaluate(beyond):
            yield f"{look}wider than the window by {wider} px"


def all_faults(page, site, urls, looks=LOOKS):
    return "".join(fault for url in urls for fault in faults_of(page, site + url, looks))


@pytest.fixture
def everything(transactional_db):
    return Everything()


def test_pages_keep_the_guidelines_and_the_console_stays_empty(everything, page, site, sign_in):
    known = list(addresses(everything))
    strangers, own = list(pages(known)), list(pages(known, everything.admin))
    assert len(strangers) > 4
    assert len(own) > 40
    faults = all_faults(page, site, strangers)
    sign_in(everything.admin)
    faults += all_faults(page, site, own)
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
    faults = all_faults(page, site, found, looks=[(NARROW, "dark", ALL)])
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
    found = "".join(violations(page, ALL))
    assert "color-contrast: <p" in found
    assert "label: <input" in found
