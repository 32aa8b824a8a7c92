"""Who signs in, read without the ORM's help: every request asks for its user."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend

from annotate.models import User
from annotate.rows import Columns, fetch

_USER = Columns(User, "person")
_BY_ID = f"SELECT {_USER.sql} FROM annotate_user AS person WHERE id = %s"  # noqa: S608  # made of constants


class _ById(ModelBackend):
    def get_user(self, user_id: int) -> User | None:
        for row in fetch(_BY_ID, [user_id]):
            user = _USER.instance(row)
            return user if self.user_can_authenticate(user) else None
        return None


class PasswordBackend(_ById):
    """By user name and password."""


class AccountBackend(_ById, AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """By whatever allauth allows, such as the email address."""
