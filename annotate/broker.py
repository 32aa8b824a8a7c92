"""The queue inside PostgreSQL (pgmq), which is the broker unless ``CELERY_BROKER_URL`` names another."""

from typing import Any

from psycopg.conninfo import make_conninfo

from annotate.env import EnvError

VISIBILITY_SECONDS = 3600  # a job that runs longer may be run twice, which jobs allow for


def conninfo(database: dict[str, Any]) -> str:
    """libpq's key=value string for an entry of Django's ``DATABASES``."""
    options = {key: value for key, value in database["OPTIONS"].items() if isinstance(value, str)}
    return make_conninfo(
        host=database["HOST"] or "localhost",
        port=database["PORT"] or "5432",
        dbname=database["NAME"],
        user=database["USER"] or "postgres",
        password=database["PASSWORD"] or None,
        **options,
    )


def transport_options(url: str, database: dict[str, Any]) -> dict[str, Any]:
    """What kombu needs to know beside the broker's ``url``; ``database`` holds the queue of pgmq."""
    if not url.startswith("pgmq:"):
        return {"visibility_timeout": VISIBILITY_SECONDS}
    # pgmq takes only host, port, name, user and password from this, and quotes none of them. (Of a
    # URI it would drop the options: a socket's path would silently become 127.0.0.1.)
    if any(sign in str(database["PASSWORD"]) for sign in " '\"\\"):
        raise EnvError(
            "The password in DATABASE_URL holds a space, quote or backslash, which the queue in "
            "PostgreSQL cannot take: change it, or name a Redis server in CELERY_BROKER_URL."
        )
    return {
        "conn_string": conninfo({**database, "OPTIONS": {}}),
        "init_extension": False,  # installed by SQL, below
        "notify_throttle_interval_ms": 0,
        "wait_time_seconds": 0,  # waits for a notification instead of polling inside the server
        "polling_interval": 1.0,
        "pool_size": 2,
        "pool_timeout": 5,
        "visibility_timeout": VISIBILITY_SECONDS,
    }


def install_queue(cursor: Any) -> None:
    """pgmq's tables and functions by SQL: PostgreSQL needs no extension for them."""
    from pgmq.install import get_embedded_install_sql  # only where it is used

    cursor.execute("SELECT to_regclass('pgmq.meta')")
    if cursor.fetchone() == (None,):
        cursor.execute(get_embedded_install_sql())
