"""What the scheduler process (Celery beat) runs with."""

from typing import Any

import psycopg
from celery.beat import Scheduler
from django.conf import settings

from annotate.broker import conninfo


class GuardedScheduler(Scheduler):
    """Only the scheduler that holds an advisory lock sends anything, so that two do no harm."""

    LOCK = 0x7A4D
    WAIT_SECONDS = 5.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._connection: psycopg.Connection[Any] | None = None
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if not self._holds_lock():
            return self.WAIT_SECONDS
        return float(super().tick(*args, **kwargs))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        super().close()

    def _holds_lock(self) -> bool:
        """The lock lives with a connection of its own; when that breaks it is asked for anew."""
        try:
            if self._connection is None:
                connection = psycopg.connect(
                    conninfo(settings.DATABASES["default"]), autocommit=True
                )
                row = connection.execute("SELECT pg_try_advisory_lock(%s)", [self.LOCK]).fetchone()
                if row != (True,):
                    connection.close()
                    return False
                self._connection = connection
            self._connection.execute("SELECT 1")
        except psycopg.OperationalError:
            self._connection = None
            return False
        return True
