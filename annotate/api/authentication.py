"""Sign-in of programs: ``Authorization: Bearer <token>``. Only the hash of a token is stored, and a
token does what its scopes say."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission

from annotate.models import ApiToken

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

    from annotate.models import User

SEEN_EVERY = timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = get_authorization_header(request).decode("latin-1").split()
        if not parts or parts[0].lower() != self.keyword.lower():
            return None
        token = ApiToken.objects.of_secret(parts[1]) if len(parts) == 2 else None
        if token is None:
            raise AuthenticationFailed(
                "This token is unknown, expired or revoked; make a new one with create_token."
            )
        _remember_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


def _remember_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > SEEN_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


class HasScope(BasePermission):
    """A token may do what its scopes say; a session may do all that its user may."""

    message = "This token lacks the scope for this; make one that has it."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.auth, ApiToken):
            return True
        if request.method in SAFE_METHODS:
            return ApiToken.Scope.READ in request.auth.scopes
        return getattr(view, "scope", ApiToken.Scope.WRITE) in request.auth.scopes


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
