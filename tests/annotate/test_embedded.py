import os
import shutil
import signal
import subprocess

import psutil
import psycopg
import pytest

from annotate.embedded import DATABASE, EmbeddedError, EmbeddedPostgres
from tests.running import new_folder, python, wait_for

USE = """
import sys, pathlib
from annotate.embedded import EmbeddedPostgres
server = EmbeddedPostgres(pathlib.Path(sys.argv[1]))
server.use()
print("up", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def template():
    """A stopped server's folder: making one takes a second."""
    with new_folder() as folder:
        server = EmbeddedPostgres(folder / "postgres")
        server.ensure_running()
        server.stop()
        yield server.folder


@pytest.fixture
def server(template, folder):
    server = EmbeddedPostgres(folder / "postgres")
    subprocess.run(["cp", "--archive", template, server.folder], check=True)
    yield server
    server.leave()
    server.stop()


def execute(server, statement):
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


def use(server):
    process = python("-c", USE, str(server.folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"up\n"
    return process


def end(process):
    process.communicate(b"\n", timeout=30)


def test_it_is_postgresql_18_with_pgvector_and_commits_for_sure(server):
    server.ensure_running()
    execute(server, "CREATE EXTENSION vector")
    assert execute(server, "SHOW server_version_num")[0][0].startswith("18")
    assert execute(server, "SHOW synchronous_commit") == execute(server, "SHOW fsync") == [("on",)]


def test_it_listens_on_no_network_address(server):
    server.ensure_running()
    assert execute(server, "SHOW listen_addresses") == [("",)]
    assert server._process().net_connections("inet") == []


def test_a_long_path_with_spaces_gets_a_short_socket_folder(template, folder):
    data = folder / "a folder with spaces" / ("long" * 25) / "postgres"
    data.parent.mkdir(parents=True)
    subprocess.run(["cp", "--archive", template, data], check=True)
    server = EmbeddedPostgres(data)
    server.ensure_running()
    try:
        assert " " not in str(server.socket_folder)
        assert len(str(server.socket_folder)) < 90
        assert server.socket_folder.stat().st_mode & 0o077 == 0
        assert execute(server, "SHOW data_directory") == [(str(data),)]
    finally:
        server.stop()
        shutil.rmtree(server.socket_folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_a_socket_folder_of_somebody_else_is_refused(folder):
    server = EmbeddedPostgres(folder / "with space" / "postgres")
    server.folder.parent.mkdir()
    server.socket_folder.mkdir()
    os.chown(server.socket_folder, 12345, 12345)
    try:
        with pytest.raises(EmbeddedError, match="belongs to somebody else"):
            server.ensure_running()
    finally:
        server.socket_folder.rmdir()


def test_data_of_another_version_are_refused_with_a_line_that_says_what_to_do(folder):
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(
        EmbeddedError, match=r"^.*/postgres holds data of PostgreSQL 16, .* move"
    ) as error:
        EmbeddedPostgres(folder / "postgres").ensure_running()
    assert "\n" not in str(error.value)


def test_a_start_that_was_interrupted_begins_anew(template, folder):
    server = EmbeddedPostgres(folder / "postgres")
    half_made = folder / "postgres.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    server.ensure_running()
    try:
        assert execute(server, "SELECT current_database()") == [(DATABASE,)]
        assert not half_made.exists()
    finally:
        server.stop()


def test_what_was_committed_outlives_a_kill(server):
    server.ensure_running()
    execute(server, "CREATE TABLE kept (n int)")
    execute(server, "INSERT INTO kept VALUES (7)")
    server.kill()
    assert not server.is_running()
    wait_for(lambda: server.ensure_running())
    assert execute(server, "SELECT n FROM kept") == [(7,)]


def test_of_two_overlapping_commands_the_last_stops_the_server(server):
    first, second = use(server), use(server)
    end(first)
    assert server.is_running()
    end(second)
    assert not server.is_running()


def test_a_command_leaves_a_server_that_another_process_uses(server):
    server.use()
    end(use(server))
    assert server.is_running()
    server.leave()
    assert not server.is_running()


def test_a_killed_command_does_not_hold_the_server_up_for_ever(server):
    killed = use(server)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert server.is_running()
    end(use(server))
    assert not server.is_running()


def test_commands_that_start_together_start_one_server(server):
    processes = [
        python("-c", USE, str(server.folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    assert [process.stdout.readline() for process in processes] == [b"up\n"] * 4
    masters = [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres"
        and str(server.folder) in (process.info["cmdline"] or [])
    ]
    assert len(masters) == 1
    for process in processes:
        end(process)
    assert not server.is_running()


def test_a_dump_of_one_copy_is_restored_in_another(folder):
    def run(copy, *arguments):
        environment = {**os.environ, "ANNOTATE_VAR": str(folder / copy), "DATABASE_URL": ""}
        process = python(
            "-m", "annotate.embedded", *arguments, env=environment, stdout=subprocess.PIPE
        )
        answer, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        return answer.decode()

    dump = folder / "dump"
    run("old", "psql", "--quiet", "--command=CREATE TABLE kept AS SELECT 'é' AS word")
    run("old", "pg_dump", "--format=custom", f"--file={dump}")
    run("new", "pg_restore", "--dbname=tandem", str(dump))
    assert run("new", "psql", "-At", "--command=SELECT word FROM kept") == "é\n"
