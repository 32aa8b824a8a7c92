"""A browser, and the program's pages on the test's database."""

import os
import re
import shutil

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test import Client
from django.test.testcases import LiveServerThread
from playwright.sync_api import sync_playwright

from tests.factories import make_item, make_member, make_project
from tests.serving import HangsUp

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


class Site(LiveServerThread):
    """The program's pages; no request, nor its session of the database, outlives the test."""

    class server_class(HangsUp, ThreadedWSGIServer):  # noqa: N801  # as Django names it
        pass

    def terminate(self):
        super().terminate()
        assert self.httpd.hang_up(seconds=20), "a request is still being answered"


def pytest_collection_modifyitems(items):
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package", autouse=True)
def _orm_beside_an_event_loop():
    """Playwright's loop runs in the thread of the tests; Django takes that for an async view."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="package")
def playwright():
    """Its loop ends with these tests: whatever ran beside it would have a connection of its own."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright, browser_name, browser_type_launch_args):
    """An installed Chromium or Chrome, else Playwright's own."""
    found = filter(None, map(shutil.which, NAMES))
    path = next(found, None) or next(filter(os.path.exists, PLACES), None)
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    more = {"executable_path": path} if path else {}
    options = {**browser_type_launch_args, "args": arguments, **more}
    with getattr(playwright, browser_name).launch(**options) as browser:
        yield browser


@pytest.fixture(scope="package")
def browser_context_args():
    return {"viewport": {"width": 1280, "height": 720}}


@pytest.fixture
def site(transactional_db):
    """The address of a server in a thread; it shares the test's database."""
    server = Site("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait(20)
    if server.error:
        raise server.error
    yield f"http://{server.host}:{server.port}"
    server.terminate()


@pytest.fixture
def sign_in(context, site):
    def sign_in(user):
        client = Client()
        client.force_login(user)
        context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}]
        )

    return sign_in


@pytest.fixture
def page(page, site):
    """Anything on the console fails the test, but for answers that a test names as expected."""
    heard = []
    page.expected = []
    page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.set_default_timeout(10_000)
    yield page
    page.evaluate("navigator.sendBeacon = () => true")
    page.goto("about:blank")
    unexpected = [
        line for line in heard if not any(re.search(pattern, line) for pattern in page.expected)
    ]
    assert unexpected == []


@pytest.fixture
def project(transactional_db):
    return make_project(slug="pairs", name="Pairs")


@pytest.fixture
def member(project, sign_in):
    member = make_member(project)
    sign_in(member.user)
    return member


@pytest.fixture
def items(project):
    return [make_item(project, prompt=f"Prompt number {n}") for n in range(6)]
