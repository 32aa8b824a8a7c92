"""Sessions as rows, read without the ORM: every request reads one."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from annotate.rows import Columns, fetch

_SESSION = Columns(Session, "session")
_LIVE = (
    f"SELECT {_SESSION.sql} FROM django_session AS session"  # noqa: S608  # made of constants
    " WHERE session_key = %s AND expire_date > %s"
)


class SessionStore(db.SessionStore):
    """Named as Django looks it up."""

    def _get_session_from_db(self) -> Session | None:
        for row in fetch(_LIVE, [self.session_key, timezone.now()]):
            return _SESSION.instance(row)
        self._session_key = None
        return None
