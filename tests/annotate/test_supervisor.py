"""`make up` itself, as a user runs it: real processes, a database of its own."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress

import psutil
import pytest

from annotate.supervisor import BackOff
from tests.running import ROOT, free_port, new_folder, wait_for


class Run:
    """A supervisor in a session of its own, as a terminal gives it, with its output in a file."""

    def __init__(self, var, port):
        self.var, self.port = var, port
        self.log = var / "terminal.log"
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ANNOTATE_", "DJANGO_", "DATABASE_", "CELERY_"))
        }
        environment |= {"ANNOTATE_VAR": str(var), "PORT": str(port)}
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "annotate.supervisor"],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self):
        return self.log.read_text()

    def wait_until_ready(self):
        wait_for(
            lambda: self.process.poll() is not None or "Ctrl-C stops it." in self.said,
            seconds=120,
            why=lambda: self.said,
        )
        assert self.process.poll() is None, self.said
        return self

    def answers(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def running(self, name):
        """Process ids of web, worker, scheduler or database."""
        if name == "database":
            return [int((self.var / "postgres" / "postmaster.pid").read_text().split()[0])]
        word = {"web": "gunicorn", "worker": "worker", "scheduler": "beat"}[name]
        found = []
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # it may end while it is looked at
                if child.status() != psutil.STATUS_ZOMBIE and word in child.cmdline():
                    found.append(child.pid)
        return found

    def everything(self):
        """All processes of this copy, by the folder in their environment."""
        found = []
        for process in psutil.process_iter():
            try:
                mine = process.environ().get("ANNOTATE_VAR") == str(self.var)
                if mine and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def stop(self, number):
        self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture(scope="module")
def var():
    with new_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def run(var):
    run = Run(var, free_port()).wait_until_ready()
    yield run
    run.process.kill()
    run.process.wait()
    wait_for(lambda: not run.everything())


def test_it_prints_the_address_and_the_logins(run):
    assert f"Tandem runs at http://127.0.0.1:{run.port}/" in run.said
    for login in ("annotator", "researcher", "admin"):
        assert login in run.said
    assert run.answers()


def test_a_second_one_in_the_same_folder_says_where_the_first_runs(run, var):
    second = Run(var, free_port())
    assert second.process.wait(30) == 1
    assert (
        f"Tandem already runs from {var} at http://127.0.0.1:{run.port}/: stop that one" in run.said
    )


@pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
def test_a_killed_process_is_started_again(run, name):
    (before,) = run.running(name)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: run.running(name) not in ([], [before]), why=lambda: run.said)
    wait_for(run.answers)
    assert re.search(rf"^{name} +│ ended with -9; starting again in 1 s$", run.said, re.MULTILINE)


def test_a_killed_database_is_started_again(run):
    (before,) = run.running("database")
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: "database  │ is down; starting it again" in run.said)
    wait_for(run.answers, why=lambda: run.said)
    assert run.running("database") != [before]


def test_ctrl_c_stops_everything(run):
    os.killpg(run.process.pid, signal.SIGINT)
    assert run.process.wait(30) == 0, run.said
    assert run.said.endswith("tandem    │ stopped\n")
    assert run.everything() == []


def test_after_a_kill_nothing_lingers_and_the_next_start_waits_for_that(run, var):
    killed = Run(var, run.port).wait_until_ready()
    killed.process.kill()
    killed.process.wait()
    killed.log.write_text("")
    again = Run(var, run.port).wait_until_ready()
    assert "Making the demo" not in again.said  # the second start finds everything there
    assert again.stop(signal.SIGTERM) == 0, again.said
    assert again.everything() == []


def test_a_taken_port_is_named_in_one_line_with_another_to_take(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = Run(folder, port)
        assert run.process.wait(30) == 1
    assert run.said == (
        f"Port {port} on 127.0.0.1 cannot be used (Address already in use): "
        f"choose another one, for example `make up PORT={port + 1}`.\n"
    )


def test_data_of_another_postgresql_are_refused_in_one_line(folder):
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("16\n")
    run = Run(folder, free_port())
    assert run.process.wait(30) == 1
    assert re.fullmatch(r".* holds data of PostgreSQL 16, .*\n", run.said)


def test_pauses_double_up_to_a_limit_and_begin_anew_after_a_long_life():
    back_off = BackOff()
    assert [back_off.failed(lived=0) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert back_off.failed(lived=100) == 1
    assert not back_off.is_due()
