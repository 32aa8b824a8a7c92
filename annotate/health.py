"""Whether the web process runs and reaches its database: ``/health/``, ``python -m annotate.health``."""

import http.client
import sys

from django.db import connection
from django.http import HttpRequest, HttpResponse


def health(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")


def status() -> int | None:
    """What the web process of this machine answers; None when it does not."""
    from annotate.settings import ALLOWED_HOSTS, BIND, PORT  # read at start by whoever asks

    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(BIND, BIND)  # noqa: S104  # compared, not bound
    host = next((name.lstrip(".") for name in ALLOWED_HOSTS if name != "*"), "localhost")
    web = http.client.HTTPConnection(target, PORT, timeout=5)
    try:
        web.request("GET", "/health/", headers={"Host": host})
        return web.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        web.close()


if __name__ == "__main__":
    sys.exit(status() != http.client.OK)
