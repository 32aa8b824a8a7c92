import time

import pytest
from django.db import connection

from annotate.broker import transport_options
from annotate.env import EnvError
from annotate.jobs import run_job, sweep
from annotate.models import Worker
from annotate.scheduler import GuardedScheduler
from tests.running import running, wait_for


def waiting():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pgmq.q_jobs")
        return cursor.fetchone()[0]


def test_a_hint_goes_into_the_database_of_the_program(broker):
    sweep.delay()
    assert waiting() == 1


def test_a_worker_takes_its_hints_from_the_intended_database_and_works_there(broker, tmp_path):
    run_job.delay("aggregate", 0)
    with running("worker", tmp_path) as worker:
        wait_for(lambda: Worker.objects.alive().exists(), why=worker.log.read_text)
        wait_for(lambda: waiting() == 0)


def test_a_hint_reaches_an_idle_worker_without_a_poll(broker, tmp_path):
    """Listening is seen in the server; how fast that is, is for bench/ to tell."""
    with running("worker", tmp_path) as worker:
        wait_for(lambda: listeners() == 1, why=worker.log.read_text)


def test_who_only_sends_does_not_listen(broker):
    """A connection that listens and never reads makes the server keep every notification."""
    sweep.delay()
    assert listeners() == 0


def listeners():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        )
        return cursor.fetchone()[0]


def test_the_socket_folder_and_the_name_of_the_database_reach_the_queue(broker):
    with broker.connection_for_write() as sender:
        config = sender.default_channel.pgmq.config
    settings = connection.settings_dict
    assert (config.host, config.database) == (settings["HOST"], settings["NAME"])


def test_a_password_that_the_queue_cannot_take_is_refused():
    database = {
        "HOST": "db",
        "PORT": "",
        "NAME": "t",
        "USER": "me",
        "PASSWORD": "it's",
        "OPTIONS": {},
    }
    with pytest.raises(EnvError, match="DATABASE_URL holds a space, quote or backslash"):
        transport_options("pgmq://localhost", database)
    assert "conn_string" not in transport_options("redis://localhost", database)


def test_of_two_schedulers_one_sends(broker, monkeypatch):
    monkeypatch.setitem(
        broker.conf.beat_schedule, "sweep", {"task": "annotate.sweep", "schedule": 0.01}
    )
    first, second = (GuardedScheduler(app=broker) for _ in range(2))
    try:
        for _ in range(3):
            first.tick()
            assert second.tick() == GuardedScheduler.WAIT_SECONDS
            time.sleep(0.02)
        sent = waiting()
        assert sent >= 2
        first.close()
        second.tick()
        time.sleep(0.02)
        second.tick()
        assert waiting() > sent
    finally:
        first.close()
        second.close()
