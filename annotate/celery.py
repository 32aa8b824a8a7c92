"""The Celery application, which queues jobs and runs them in workers."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, worker_process_init

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
