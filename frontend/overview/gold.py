"""What is wrong with the test and with planted gold: nothing there, all of it used, people stopped by it."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from annotate.gold_checks import ACTOR
from annotate.models import Annotator, Assignment, AuditEntry, Gold, Membership, Project
from frontend.overview.attention_rows import Attention

LATELY = timedelta(days=7)


def attention_to_gold(project: Project) -> Iterator[Attention]:
    """Nothing is asked of the database where neither is switched on."""
    if project.qualification_pass is not None:
        yield from _test(project)
    if project.gold_every:
        yield from _planted(project)
        yield from _stopped(project)


def _url(name: str, project: Project, query: str = "") -> str:
    return reverse(name, args=[project.slug]) + query


def _gold(project: Project, use: str) -> list[int]:
    rows = Gold.objects.filter(use=use, item__in=project.items.live())
    return list(rows.values_list("item_id", flat=True))


def _test(project: Project) -> Iterator[Attention]:
    count, wanted = len(_gold(project, Gold.Use.QUALIFICATION)), project.qualification_size
    if not count:
        yield Attention(
            "The qualification test has no items: nobody new can work",
            _url("items", project, "?gold=yes"),
            "say of some gold that it is asked in the test",
            serious=True,
        )
    elif count < wanted:
        yield Attention(
            f"The qualification test asks {wanted} items, and {count} are there",
            _url("items", project, "?gold=qualification"),
            "mark more, or ask fewer in the settings",
        )
    stuck = project.memberships.filter(
        role=Membership.Role.ANNOTATOR,
        qualified_at=None,
        qualification_attempt__gte=project.qualification_tries,
    ).count()
    if stuck:
        yield Attention(
            f"{stuck:,} {'person has' if stuck == 1 else 'people have'} no try of the test left",
            _url("people", project, "?state=untested"),
            "give another try on the person's page, or leave it at that",
        )


def _planted(project: Project) -> Iterator[Attention]:
    items = _gold(project, Gold.Use.PLANTED)
    if not items:
        yield Attention(
            "Gold is to be planted, and there is none",
            _url("items", project, "?gold=yes"),
            "say of some gold that it is planted",
            serious=True,
        )
        return
    had = Assignment.objects.filter(item__in=items).exclude(state=Assignment.State.EXPIRED)
    counts = had.values_list("annotator").annotate(n=Count("pk")).order_by()
    through = [annotator for annotator, _ in counts.filter(n__gte=len(items))]
    lately = Assignment.objects.filter(
        project=project, annotator=OuterRef("pk"), closed_at__gt=timezone.now() - LATELY
    )
    members = project.memberships.filter(paused_at=None).values("user")
    rows = Annotator.objects.filter(Exists(lately), pk__in=through, user__in=members)
    out = rows.count()
    if out:
        yield Attention(
            f"Planted gold has run out for {out:,} {'person' if out == 1 else 'people'} at work",
            _url("items", project, "?gold=planted"),
            "mark more of it; until then they are not checked any more",
        )


def _stopped(project: Project) -> Iterator[Attention]:
    """Those whom planted gold has paused and nobody has let go on."""
    paused = project.memberships.exclude(paused_at=None).values_list("pk", flat=True)
    entries = AuditEntry.objects.of(project).filter(
        action="member.pause", target_kind="membership", target_id__in=list(paused)
    )
    last = dict(entries.order_by("pk").values_list("target_id", "actor"))
    count = sum(actor == ACTOR for actor in last.values())
    if count:
        yield Attention(
            f"Planted gold has paused {count:,} {'person' if count == 1 else 'people'}",
            _url("people", project, "?state=paused"),
            "look at their answers, then let them go on or leave it",
        )
