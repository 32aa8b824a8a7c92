"""The same cast for all pages of a project: somebody of each role, and a stranger."""

from tests.factories import make_member, make_user

STRANGER, ANNOTATOR, RESEARCHER, ADMIN = "stranger", "annotator", "researcher", "admin"
HTMX = {"HX-Request": "true"}


def sign_in(client, project, role):
    """Sign somebody of ``role`` in and return the user."""
    user = make_user() if role == STRANGER else make_member(project, role=role).user
    client.force_login(user)
    return user


def statuses(client, project, method, url, data=None):
    """What each of the cast gets, and somebody who is not signed in."""
    client.logout()
    found = [_status(getattr(client, method)(url, data))]
    for role in (STRANGER, ANNOTATOR, RESEARCHER, ADMIN):
        sign_in(client, project, role)
        found.append(_status(getattr(client, method)(url, data)))
    return found


def _status(response):
    release(response)
    return response.status_code


def release(response):
    """Close the file of a download; ``response.close()`` would end the test's transaction."""
    for close in response._resource_closers:
        close()
