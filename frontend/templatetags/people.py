"""Words and small pictures of the People pages."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from annotate.invitations import fault_of
from annotate.models import Invitation, Project, QualityReport
from frontend.charts import Estimate, percent
from frontend.people.figures import inline
from frontend.people.listing import Line
from frontend.people.words import DASH, SIGN_WORDS, seconds

register = template.Library()


@register.filter
def whole(value: float | None) -> str:
    """A share without decimals: 71 %."""
    return DASH if value is None else percent(value, places=0)


@register.filter
def briefly(estimate: Estimate) -> str:
    """Such as 72 % (63 to 80), with a dash."""
    low, high = 100 * estimate.least, 100 * estimate.most
    return f"{percent(estimate.value, places=0)} ({low:.0f}{DASH}{high:.0f})"


@register.filter
def pace(value: float | None) -> str:
    return DASH if value is None else seconds(value)


@register.filter
def sign_words(sign: str) -> str:
    return SIGN_WORDS.get(sign, sign)


@register.filter
def ago(at: datetime) -> str:
    """A moment as people say it; the day itself once it is a week away."""
    past = timezone.now() - at
    if past < timedelta(minutes=1):
        return "just now"
    if past < timedelta(hours=1):
        return f"{past.seconds // 60} min ago"
    if past < timedelta(days=1):
        return f"{past.seconds // 3600} h ago"
    if past < timedelta(days=7):
        return f"{past.days} day{'s' if past.days > 1 else ''} ago"
    return f"{at.day} {at:%b %Y}"


@register.filter
def usual(report: QualityReport) -> float:
    """The group's share."""
    return report.prior_a / (report.prior_a + report.prior_b)


@register.filter
def invitation_fault(invitation: Invitation) -> str:
    return fault_of(invitation)


@register.simple_tag
def spark(estimate: Estimate, report: QualityReport | None) -> SafeString:
    return inline(estimate, usual=usual(report) if report else 0.5)


@register.simple_tag
def person_url(project: Project, line: Line) -> str:
    """The person's page; by membership where there is no annotator yet."""
    if line.annotator is not None:
        return reverse("person", args=[project.slug, line.annotator.pk])
    found: Any = line.member
    return reverse("member", args=[project.slug, found.pk])
