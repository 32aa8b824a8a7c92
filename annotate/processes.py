"""The command lines of web, worker and scheduler: the same on one machine and on many.

``python -m annotate.processes web`` becomes that process.
"""

import os
import sys

from annotate.env import EnvError

NAMES = ("web", "worker", "scheduler")


def command(name: str) -> list[str]:
    from annotate import settings  # callers report an odd variable

    celery = [sys.executable, "-W", "ignore:You're running the worker with superuser"]
    celery += ["-m", "celery", "--app", "annotate", "--quiet"]
    if name == "web":
        return [
            *(sys.executable, "-m", "gunicorn", "annotate.wsgi", "--worker-class", "gthread"),
            *("--bind", address(settings.BIND, settings.PORT)),
            *("--workers", str(settings.WEB_PROCESSES), "--threads", str(settings.WEB_THREADS)),
            *("--timeout", "60", "--graceful-timeout", "8", "--keep-alive", "65"),
            *("--log-level", "warning", "--preload"),
        ]
    if name == "worker":
        return [
            *(*celery, "worker", "--concurrency", str(settings.WORKER_PROCESSES)),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
    return [*celery, "beat"]


def address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in NAMES:
        sys.exit(f"Name one of {', '.join(NAMES)}: python -m annotate.processes web")
    try:
        arguments = command(sys.argv[1])
    except EnvError as error:
        sys.exit(str(error))
    os.execv(arguments[0], arguments)  # noqa: S606  # no shell, and nothing from outside


if __name__ == "__main__":
    main()
