"""A browser, and the program's pages on the test's database."""

import os
import re
import shutil
from typing import ClassVar

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connections
from django.test import Client
from django.test.testcases import LiveServerThread

from tests.factories import make_item, make_member, make_project
from tests.running import wait_for

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


class Handler(StaticFilesHandler):
    """Knows which requests it is answering, so that none outlives its test's database."""

    busy: ClassVar[set] = set()

    def __call__(self, environ, start_response):
        self.busy.add(id(environ))
        try:
            return super().__call__(environ, start_response)
        finally:
            self.busy.discard(id(environ))


def pytest_collection_modifyitems(items):
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def _allow_playwright_beside_the_orm():
    """Its event loop runs in the thread of the tests; Django takes that for an async view."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """An installed Chromium or Chrome, else Playwright's own."""
    found = filter(None, map(shutil.which, NAMES))
    path = next(found, None) or next(filter(os.path.exists, PLACES), None)
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    more = {"executable_path": path} if path else {}
    return {**browser_type_launch_args, "args": arguments, **more}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "viewport": {"width": 1280, "height": 720}}


@pytest.fixture
def site(transactional_db):
    """The address of a server in a thread; it shares the test's database."""
    server = LiveServerThread("127.0.0.1", Handler)
    server.daemon = True
    server.start()
    server.is_ready.wait(20)
    if server.error:
        raise server.error
    yield f"http://{server.host}:{server.port}"
    wait_for(lambda: not Handler.busy, why="a request is still being answered")
    server.terminate()
    for connection in connections.all(initialized_only=True):
        connection.close()


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
