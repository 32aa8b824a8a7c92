from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.models.signals import post_migrate

from annotate import logs
from annotate.broker import install_queue


class AnnotateConfig(AppConfig):
    name = "annotate"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        logs.configure()
        post_migrate.connect(prepare_database, sender=self)


def prepare_database(*, using: str, **_: Any) -> None:
    """Tables that no migration knows: the queue's and the cache's."""
    call_command("createcachetable", database=using, verbosity=0)
    if settings.CELERY_BROKER_URL.startswith("pgmq:"):
        with connections[using].cursor() as cursor:
            install_queue(cursor)
