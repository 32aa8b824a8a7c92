"""How well somebody answers what is known: scores, the running accuracy, and the pause it leads to."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from annotate import audit
from annotate.gold import credit
from annotate.members import pause
from annotate.models import Annotation, AuditEntry, Gold, Membership, Project
from annotate.questions import Answers, Questions

# Who acts in the audit log when somebody is paused by what is measured here.
ACTOR = "planted gold"
# Sums of shares are not exact: 0.7 of ten is reached by seven.
TINY = 1e-9


def score(form: Questions, answers: Answers, gold_form: Questions, known: Answers) -> float | None:
    """The share of the known answers that ``answers`` give; None where nothing can be compared.

    An answer that is right in part counts as that part. What is not answered though it was asked is wrong; a question that means something else by now
    (another scale, in another form) is passed over.
    """
    right: list[float] = []
    for name, gold in known.items():
        question, of_gold = form.named(name), gold_form.named(name)
        if question is None or of_gold is None or question.meaning != of_gold.meaning:
            continue
        if name in answers:
            right.append(credit(question, answers[name], gold))
        elif form.asks(question, answers):
            right.append(0)
    return sum(right) / len(right) if right else None


@dataclass(frozen=True)
class Running:
    """``right`` of the last ``items`` gold items; parts of an item count as parts."""

    right: float
    items: int

    @property
    def share(self) -> float | None:
        return self.right / self.items if self.items else None


def running(project: Project, annotator: int, *, since: datetime | None = None) -> Running:
    """Over the last ``gold_window`` planted items that the annotator (by id) answered, after ``since``."""
    labels = Annotation.objects.current().filter(
        annotator=annotator, project=project, purpose=Annotation.Purpose.PLANTED
    )
    if since is not None:
        labels = labels.filter(created_at__gt=since)
    rows = labels.select_related("form").order_by("-created_at", "-pk")
    newest = list(rows[: 2 * project.gold_window])  # some may have lost their gold
    known = {
        gold.item_id: gold
        for gold in Gold.objects.filter(
            item__in=[label.item_id for label in newest]
        ).select_related("form")
    }
    scores = [
        score(label.form.parsed, label.answers, gold.form.parsed, gold.answers)
        for label in newest
        if (gold := known.get(label.item_id)) is not None
    ]
    counted = [one for one in scores if one is not None][: project.gold_window]
    return Running(sum(counted), len(counted))


def reinstated_at(membership: Membership) -> datetime | None:
    """When the member was last let go on after a pause: what was before is forgiven."""
    entries = AuditEntry.objects.of(membership.project).filter(
        action="member.reinstate", target_kind="membership", target_id=membership.pk
    )
    last: datetime | None = entries.aggregate(last=Max("at"))["last"]
    return last


def standing_of(membership: Membership) -> Running:
    """The running accuracy that a pause goes by."""
    annotator = membership.user.annotator_or_new.pk
    return running(membership.project, annotator, since=reinstated_at(membership))


def check(project: Project, annotator: int) -> bool:
    """Pause the annotator (by id) below the project's mark; whether that is so now.

    Never on less than a full window, and only annotators: others know the gold. To be called when no
    item is locked.
    """
    rows = Membership.objects.select_related("project", "user__annotator")
    member = rows.filter(
        project=project, user__annotator=annotator, role=Membership.Role.ANNOTATOR
    ).first()
    if member is None or member.paused_at is not None or member.project.gold_pass is None:
        return False
    found = standing_of(member)
    enough = member.project.gold_pass * found.items - TINY
    if found.items < member.project.gold_window or found.right >= enough:
        return False
    with audit.acting(ACTOR):
        return pause(member, _reason(found, member.project.gold_pass))


def _reason(found: Running, wanted: float) -> str:
    right = f"{found.right:.1f}".removesuffix(".0")
    return (
        f"Of the last {found.items} items whose right answer is known you got {right} right; "
        f"{100 * wanted:.0f} % are asked for. Read the guidelines again, then ask a researcher of "
        "the project to let you go on."
    )
