"""The program's own processes, on the database of the running test."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).parent.parent


@contextlib.contextmanager
def new_folder():
    """For an embedded server: under root that is another user, whom pytest shuts out of its own folders."""
    with tempfile.TemporaryDirectory(prefix="tandem-test-") as folder:
        yield Path(folder)


def database_url():
    settings = connection.settings_dict
    host = urllib.parse.quote(settings["HOST"], safe="")
    return f"postgresql://{settings['USER']}:{settings['PASSWORD']}@/{settings['NAME']}?host={host}&port={settings['PORT']}"


def environment(var, **more):
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")
    }
    return {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "ANNOTATE_VAR": str(var),
        "DATABASE_URL": database_url(),
        **more,
    }


def start(name, folder, environment):
    """One of web, worker and scheduler, in a session of its own, with its output in a file."""
    log = Path(folder) / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "annotate.processes", name],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process.log = log
    return process


@contextlib.contextmanager
def running(name, var, **more):
    """A process on the database of the running test; killed with all its children in the end."""
    process = start(name, var, environment(var, **more))
    try:
        yield process
    finally:
        kill(process)


def kill(process):
    """The whole session at once, without a warning."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, *, seconds=30, why="nothing came"):
    end = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < end, why() if callable(why) else why
        time.sleep(0.05)
    return answer


def python(*arguments, **options):
    """A Python of this environment in the project's folder."""
    return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, **options)
