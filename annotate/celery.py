"""The Celery application, which queues jobs and runs them in workers."""

import os
from typing import Any

import billiard
from celery import Celery
from celery.signals import celeryd_init, worker_process_init, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")

app = Celery("annotate")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


# With pgmq, whoever opens the queue with `use_notify` also listens to it. Only a worker's main process
# reads what it hears; a mere sender would let notifications pile up in the server.


@celeryd_init.connect
def listen(*, conf: Any, **_: Any) -> None:
    if conf.broker_url.startswith("pgmq:"):
        conf.broker_transport_options = {**conf.broker_transport_options, "use_notify": True}


@worker_process_init.connect
def only_send(**_: Any) -> None:
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, "use_notify": False}


@worker_process_init.connect
def give_way(**_: Any) -> None:
    """People who wait for a page go before jobs."""
    os.nice(5)


@worker_shutting_down.connect
def leave_at_once_when_idle(**_: Any) -> None:
    """A warm stop takes Celery six seconds even when there is nothing to wait for."""
    from celery.worker import state  # only a worker loads this

    if not state.active_requests and not state.reserved_requests:
        for child in billiard.active_children():
            child.terminate()
        os._exit(0)
