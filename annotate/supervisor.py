"""``make up``: database, web, worker and scheduler in one terminal."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import psutil

from annotate import health
from annotate.embedded import EmbeddedError, EmbeddedPostgres
from annotate.env import EnvError
from annotate.processes import NAMES, address, command

POLL_SECONDS = 0.1
GRACE_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0  # whatever lived so long begins with the shortest pause again
COLOURS = {"web": 36, "worker": 33, "scheduler": 35, "database": 34, "prepare": 32, "tandem": 1}


class StartError(Exception):
    """One line that says why nothing runs and what to do."""


class BackOff:
    """Pauses that double while starts keep failing."""

    def __init__(self) -> None:
        self.pause = 0.0
        self.due_at = 0.0

    def failed(self, *, lived: float) -> float:
        """The pause until the next start of something that ended after ``lived`` seconds."""
        last = 0.0 if lived > STEADY_SECONDS else self.pause
        self.pause = min(max(last * 2, 1.0), LONGEST_PAUSE_SECONDS)
        self.due_at = time.monotonic() + self.pause
        return self.pause

    def is_due(self) -> bool:
        return time.monotonic() >= self.due_at


class Terminal:
    """Lines of several processes, each with the name of its own."""

    def __init__(self, output: IO[str]) -> None:
        self._output = output
        self._colour = output.isatty()
        self._lock = threading.Lock()

    def line(self, name: str, text: str) -> None:
        prefix = f"{name:<9} │ "
        if self._colour:
            prefix = f"\033[{COLOURS.get(name, 0)}m{prefix}\033[0m"
        with self._lock, contextlib.suppress(OSError):  # nobody reads any more
            self._output.write(f"{prefix}{text.rstrip()}\n")
            self._output.flush()

    def follow(self, name: str, stream: IO[bytes]) -> None:
        threading.Thread(target=self._copy, args=(name, stream), daemon=True).start()

    def _copy(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            for raw in stream:
                self.line(name, raw.decode(errors="replace"))


class Guard:
    """A process that outlives a killed supervisor by just long enough to end what it left."""

    def __init__(self, embedded: EmbeddedPostgres | None) -> None:
        reading, self._writing = os.pipe()
        if os.fork() == 0:
            os.close(self._writing)
            os.setsid()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            self._stand(reading, embedded)
            os._exit(0)
        os.close(reading)

    def add(self, pid: int) -> None:
        os.write(self._writing, f"+{pid}\n".encode())

    def remove(self, pid: int) -> None:
        os.write(self._writing, f"-{pid}\n".encode())

    def dismiss(self) -> None:
        os.close(self._writing)
        os.wait()

    @staticmethod
    def _stand(reading: int, embedded: EmbeddedPostgres | None) -> None:
        pids: set[int] = set()
        with os.fdopen(reading) as lines:
            for line in lines:
                (pids.add if line[0] == "+" else pids.discard)(int(line[1:]))
        end_sessions(pids)
        if embedded is not None:
            embedded.stop_if_unused()


class Child:
    """A process in a session of its own, so that Ctrl-C reaches only the supervisor."""

    def __init__(self, name: str, arguments: list[str], terminal: Terminal, guard: Guard) -> None:
        self.name = name
        self.arguments = arguments
        self.back_off = BackOff()
        self.process: subprocess.Popen[bytes] | None = None
        self._terminal = terminal
        self._guard = guard
        self._started_at = 0.0

    def start(self, answer: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
        """Its lines go to the terminal, but for standard output when ``answer`` is to have that."""
        self.process = subprocess.Popen(
            self.arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if answer is None else answer,
            stderr=subprocess.STDOUT if answer is None else subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self._guard.add(self.process.pid)
        self._started_at = time.monotonic()
        stream = self.process.stdout or self.process.stderr
        if stream is not None:
            self._terminal.follow(self.name, stream)
        return self.process

    def keep_up(self) -> None:
        """Start it when it is due; notice that it ended."""
        if self.process is None:
            if self.back_off.is_due():
                self.start()
        elif (code := self.process.poll()) is not None:
            end_sessions([self.process.pid], grace=0)  # its own children may still be there
            self._guard.remove(self.process.pid)
            self.process = None
            pause = self.back_off.failed(lived=time.monotonic() - self._started_at)
            self._terminal.line(self.name, f"ended with {code}; starting again in {pause:.0f} s")


class Supervisor:
    def __init__(self, settings: Any, terminal: Terminal) -> None:
        self._settings = settings
        self._embedded: EmbeddedPostgres | None = settings.EMBEDDED
        self._terminal = terminal
        self._stopping = threading.Event()
        self._children: list[Child] = []
        self._database = BackOff()
        self._database_since = time.monotonic()

    def run(self) -> None:
        """Until a signal says stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._stopping.set())
        with only_one(self._settings.VAR, self._url):
            check_port(self._settings.BIND, self._settings.PORT)
            guard = Guard(self._embedded)
            try:
                if self._embedded is not None:
                    self._embedded.use()
                greeting = self._prepare(guard)
                self._serve(guard, greeting)
            finally:
                self._end(guard)

    @property
    def _url(self) -> str:
        host = "localhost" if self._settings.BIND in {"0.0.0.0", "::"} else self._settings.BIND  # noqa: S104  # compared, not bound
        return f"http://{address(host, self._settings.PORT)}/"

    def _prepare(self, guard: Guard) -> str:
        """Database and static files brought up to date; returns what there is to tell the user."""
        arguments = [sys.executable, "manage.py", "prepare", "--demo"]
        child = Child("prepare", arguments, self._terminal, guard)
        self._children = [child]
        with tempfile.TemporaryFile() as answer:
            process = child.start(answer)
            while process.poll() is None and not self._stopping.wait(POLL_SECONDS):
                pass
            if process.poll():
                raise StartError("Nothing was started: see the fault above.")
            answer.seek(0)
            return answer.read().decode()

    def _serve(self, guard: Guard, greeting: str) -> None:
        self._children += [Child(name, command(name), self._terminal, guard) for name in NAMES]
        threading.Thread(target=self._greet, args=(greeting,), daemon=True).start()
        while not self._stopping.wait(POLL_SECONDS):
            self._keep_database_up()
            for child in self._children[1:]:
                child.keep_up()

    def _keep_database_up(self) -> None:
        if self._embedded is None or self._embedded.is_running() or not self._database.is_due():
            return
        self._terminal.line("database", "is down; starting it again")
        pause = self._database.failed(lived=time.monotonic() - self._database_since)
        try:
            self._embedded.ensure_running()
        except EmbeddedError as error:
            self._terminal.line("database", f"{error} Trying again in {pause:.0f} s")
        self._database_since = time.monotonic()

    def _greet(self, greeting: str) -> None:
        while not health.status():
            if self._stopping.wait(POLL_SECONDS):
                return
        for line in (f"Tandem runs at {self._url}", *greeting.splitlines(), "Ctrl-C stops it."):
            self._terminal.line("tandem", line)

    def _end(self, guard: Guard) -> None:
        if self._children:
            self._terminal.line("tandem", "stopping")
        processes = [child.process for child in self._children if child.process is not None]
        end_sessions([process.pid for process in processes])
        for process in processes:
            process.wait()
            guard.remove(process.pid)
        if self._embedded is not None:
            self._embedded.leave()
        guard.dismiss()
        if self._children:
            self._terminal.line("tandem", "stopped")


def end_sessions(leaders: Iterable[int], *, grace: float = GRACE_SECONDS) -> None:
    """Ask each leader by itself to end, then kill what is left of its session.

    By itself: a Celery worker on pgmq may hang when its whole group gets SIGTERM.
    """
    sessions = set(leaders)
    for pid in sessions:
        _send(pid, signal.SIGTERM)
    end = time.monotonic() + grace
    while (left := _members(sessions)) and time.monotonic() < end:
        time.sleep(POLL_SECONDS / 2)
    for pid in left:
        _send(pid, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _members(sessions: set[int]) -> list[int]:
    members = []
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
            if os.getsid(process.pid) in sessions and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process.pid)
    return members


@contextlib.contextmanager
def only_one(folder: Path, url: str) -> Iterator[None]:
    """One supervisor per folder; the guard of a killed one is waited for."""
    with (folder / ".supervisor").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            pid, _, running = file.read().partition(" ")
            if pid.isdigit() and psutil.pid_exists(int(pid)):
                raise StartError(
                    f"Tandem already runs from {folder} at {running}: stop that one (kill {pid}), "
                    "or name another folder in ANNOTATE_VAR."
                ) from None
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(f"{os.getpid()} {url}")
        file.flush()
        yield


def check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartError(
                f"Port {port} on {host} cannot be used ({error.strerror}): "
                f"choose another one, for example `make up PORT={port + 1}`."
            ) from error


def main() -> None:
    os.chdir(Path(__file__).resolve().parent.parent)
    try:
        from annotate import settings  # reads the environment

        Supervisor(settings, Terminal(sys.stdout)).run()
    except (EnvError, EmbeddedError, StartError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
