"""Who may make an account: by invitation, unless the installation is open to everybody."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect

from annotate.invitations import InvitationOver, accept, standing
from annotate.models import Invitation, User

INVITED = "invitation"  # in the session: the hash of the link's secret
JOIN_URL = "/join/"


def invited(request: HttpRequest) -> Invitation:
    """The invitation that this session has followed. Raises ``InvitationOver``."""
    return standing(request.session.get(INVITED, ""))


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whoever has followed an invitation that stands may make an account."""
        return bool(settings.ACCOUNT_OPEN_SIGNUP) or self._invitation(request) is not None

    @staticmethod
    def _invitation(request: HttpRequest) -> Invitation | None:
        try:
            return invited(request)
        except InvitationOver:
            return None

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """With the account comes the membership, or neither: a link makes no more than it says."""
        invitation = self._invitation(request)
        if invitation is None or not commit:
            if not settings.ACCOUNT_OPEN_SIGNUP:
                raise ImmediateHttpResponse(HttpResponseRedirect(JOIN_URL))
            made: User = super().save_user(request, user, form, commit=commit)
            return made
        try:
            with transaction.atomic():
                made = super().save_user(request, user, form, commit=True)
                accept(invitation, made)
                request.session.pop(INVITED, None)
        except InvitationOver as fault:
            raise ImmediateHttpResponse(HttpResponseRedirect(JOIN_URL)) from fault
        return made
