"""Tests run on a real PostgreSQL: the embedded one, or the one that DATABASE_URL names."""

import pytest
from django.conf import settings
from django.db import connection

from annotate.broker import install_queue, transport_options
from annotate.celery import app


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Start the embedded server before the test database is made; the last user stops it."""
    if settings.EMBEDDED is not None:
        settings.EMBEDDED.use()


@pytest.fixture
def broker(transactional_db):
    """The real queue, in the test's own database."""
    with connection.cursor() as cursor:
        install_queue(cursor)
    options = transport_options("pgmq://localhost", connection.settings_dict)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.conf, "broker_url", "pgmq://localhost")
        patch.setattr(app.conf, "broker_transport_options", options)
        app.set_current()
        _forget_connections()
        yield app
        _forget_connections()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pgmq.drop_queue(queue_name) FROM pgmq.list_queues()")


def _forget_connections():
    app.pool.force_close_all()
    app._pool = None
    app.amqp.__dict__.pop("_producer_pool", None)
    app.amqp._producer_pool = None
