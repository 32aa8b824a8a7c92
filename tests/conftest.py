"""Tests run on a real PostgreSQL: the embedded one, or the one that DATABASE_URL names."""

import os

import kombu.pools
import pytest
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as examples

from annotate.broker import install_queue, transport_options
from annotate.celery import app
from tests.running import new_folder

# Tests run side by side: torch with a thread for every core each would only get in its own way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples everywhere, however slow the machine is at that moment.
examples.register_profile(
    "tests",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
examples.load_profile("tests")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Start the embedded server before the test database is made; the last user stops it."""
    if settings.EMBEDDED is not None:
        settings.EMBEDDED.use()


@pytest.fixture(autouse=True)
def _no_heartbeat_beyond_the_test(monkeypatch):
    """The first beat of a heart is enough here; its thread would outlive the test's database."""
    monkeypatch.setattr("annotate.jobs._go_on", lambda: None)


@pytest.fixture
def folder():
    """A new folder that an embedded server can use."""
    with new_folder() as folder:
        yield folder


@pytest.fixture
def broker(transactional_db):
    """The real queue, in the test's own database."""
    with connection.cursor() as cursor:
        install_queue(cursor)
    options = transport_options("pgmq://localhost", connection.settings_dict)
    before = {name: getattr(app.conf, name) for name in ("broker_url", "broker_transport_options")}
    app.conf.update(broker_url="pgmq://localhost", broker_transport_options=options)
    _forget_connections()
    yield app
    _forget_connections()
    app.conf.update(before)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pgmq.drop_queue(queue_name) FROM pgmq.list_queues()")


def _forget_connections():
    kombu.pools.reset()
    app._pool = None
    app.amqp._producer_pool = None
