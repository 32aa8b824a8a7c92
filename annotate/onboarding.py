"""How an annotator comes to work: guidelines, worked examples, a qualification test from gold items.

What is behind somebody stands in columns of the membership. A test's items are assignments with the
purpose ``qualification``, all opened when a try begins; ``undos`` has the number of the try, so that
an item asked again has a key of its own. Answers to it are annotations of that purpose and
``attempt``: they take no seat, are paid nothing, and are nothing else's data.

Researchers and admins are not tested, nor whoever had given labels when the test was switched on.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from annotate import audit
from annotate.assignment import LeaseLost, Timing
from annotate.gold_checks import TINY, score
from annotate.gold_uses import usable
from annotate.models import Annotation, Assignment, Gold, Membership, Project
from annotate.questions import Answers

LASTS = timedelta(days=365)  # a test that was begun waits so long for its end
Role = Membership.Role
Purpose = Annotation.Purpose
State = Assignment.State
_random = random.SystemRandom()


class NoTest(Exception):
    """No try can begin; the message is for the annotator."""


class Step(StrEnum):
    GUIDELINES = "guidelines"
    EXAMPLES = "examples"
    TEST = "test"
    WORK = "work"


# ------------------------------------------------------------------------------------ where one is


@dataclass(frozen=True)
class Way:
    """A member's way to work: the steps that the project has, and those that are behind."""

    steps: tuple[Step, ...]
    behind: frozenset[Step]

    @property
    def present(self) -> Step:
        """The first step that is still ahead."""
        return next(step for step in self.steps if step not in self.behind)


def way_of(membership: Membership) -> Way:
    """Steps without anything to show are left out; work is always the last."""
    project = membership.project
    has = {
        Step.GUIDELINES: project.guidelines is not None,
        Step.EXAMPLES: bool(examples_for(membership)),
        Step.TEST: project.qualification_pass is not None and not membership.may(Role.RESEARCHER),
    }
    behind = {
        Step.GUIDELINES: membership.guidelines_read_at is not None,
        Step.EXAMPLES: membership.examples_seen_at is not None,
        Step.TEST: membership.qualified_at is not None,
    }
    steps = (*(step for step, there in has.items() if there), Step.WORK)
    return Way(steps, frozenset(step for step, done in behind.items() if done))


def is_tested(membership: Membership) -> bool:
    """Whether the member has to pass the test before work: what a claim asks too."""
    return (
        membership.project.qualification_pass is not None
        and membership.role == Role.ANNOTATOR
        and membership.qualified_at is None
    )


def examples_for(membership: Membership) -> Sequence[Gold]:
    """Worked examples that the member may be shown, oldest first."""
    return usable(membership.project, Gold.Use.EXAMPLE, queues=membership.queues)


def pass_step(membership: Membership, step: Step) -> None:
    """Note that guidelines were read or examples seen; the first time counts."""
    name = {Step.GUIDELINES: "guidelines_read_at", Step.EXAMPLES: "examples_seen_at"}[step]
    now = timezone.now()
    if Membership.objects.filter(pk=membership.pk, **{name: None}).update(**{name: now}):
        setattr(membership, name, now)


@transaction.atomic
def take_as_qualified(project: Project) -> int:
    """Those who have given labels already need no test that is switched on now; how many they are.

    To be called with the project locked, before anything else of it is.
    """
    labels = Annotation.objects.work().filter(
        project=project, annotator__user=OuterRef("user"), assignment__isnull=False
    )
    rows = Membership.objects.select_for_update(no_key=True).filter(
        project=project, qualified_at__isnull=True
    )
    proven = list(rows.filter(Exists(labels)).order_by("pk").values_list("pk", flat=True))
    return Membership.objects.filter(pk__in=proven).update(qualified_at=timezone.now())


# -------------------------------------------------------------------------------------------- the test


@dataclass(frozen=True)
class Scored:
    """One answered item of a test. ``score`` is the share of its known answers that were given."""

    annotation: Annotation
    gold: Gold | None
    score: float | None


@dataclass(frozen=True)
class Test:
    """One try: what is answered, in order, and what is still open."""

    attempt: int
    scored: list[Scored]
    open: list[Assignment]

    @property
    def size(self) -> int:
        return len(self.scored) + len(self.open)

    @property
    def share(self) -> float:
        """Of the known answers of all answered items; an item whose gold is gone counts for nothing."""
        scores = [one.score for one in self.scored if one.score is not None]
        return sum(scores) / len(scores) if scores else 0.0

    @property
    def right(self) -> int:
        """Items that are right in every part."""
        return sum(one.score is not None and one.score > 1 - TINY for one in self.scored)


def tries_left(membership: Membership) -> int:
    """A try of which items were taken away (archived, or put to other use) does not count."""
    left = membership.project.qualification_tries - membership.qualification_attempt
    return max(left + _cut_short(membership), 0)


def _cut_short(membership: Membership) -> bool:
    begun = _own_assignments(membership).aggregate(last=Max("undos"))["last"]
    last = _own_assignments(membership).filter(undos=begun)
    return bool(begun) and last.filter(state=State.EXPIRED).exists()


def running_test(membership: Membership) -> Test | None:
    """The try that is not over yet."""
    own = _own_assignments(membership).open()
    opened = list(own.select_related("item", "form").order_by("opened_at", "pk"))
    return _test(membership, opened[0].undos, opened) if opened else None


def last_test(membership: Membership) -> Test | None:
    """The last try that is over."""
    last = _own_answers(membership).aggregate(last=Max("attempt"))["last"]
    return _test(membership, last, []) if last else None


def _own_assignments(membership: Membership) -> Any:  # a custom queryset
    own = membership.user.annotator_or_new.assignments
    return own.filter(project=membership.project_id, purpose=Assignment.Purpose.QUALIFICATION)


def _own_answers(membership: Membership) -> Any:  # a custom queryset
    own = membership.user.annotator_or_new.annotations
    return own.filter(project=membership.project_id, purpose=Purpose.QUALIFICATION)


def _test(membership: Membership, attempt: int, opened: list[Assignment]) -> Test:
    answers = _own_answers(membership).filter(attempt=attempt)
    given = list(answers.select_related("form", "item", "assignment").order_by("pk"))
    items = [annotation.item_id for annotation in given]
    known = {
        gold.item_id: gold for gold in Gold.objects.filter(item__in=items).select_related("form")
    }
    return Test(attempt, [_scored(one, known.get(one.item_id)) for one in given], opened)


def _scored(annotation: Annotation, gold: Gold | None) -> Scored:
    if gold is None:
        return Scored(annotation, None, None)
    form, of_gold = annotation.form.parsed, gold.form.parsed
    return Scored(annotation, gold, score(form, annotation.answers, of_gold, gold.answers))


def askable(project: Project, *, queues: Sequence[str] | None = None) -> list[Gold]:
    """Gold that a test can ask: its questions mean the same in the newest form."""
    form = project.form.parsed
    return [
        gold
        for gold in usable(project, Gold.Use.QUALIFICATION, queues=queues)
        if score(form, gold.answers, gold.form.parsed, gold.answers) is not None
    ]


@transaction.atomic
def begin_test(membership: Membership) -> Test:
    """Draw the items of a try and open them; a try that runs already is given back.

    Items that an earlier try asked come up again only where there are too few others. Raises
    ``NoTest``.
    """
    locked = Membership.objects.select_for_update(no_key=True).get(pk=membership.pk)
    if (running := running_test(membership)) is not None:
        return running
    membership.qualification_attempt = locked.qualification_attempt
    membership.qualified_at = locked.qualified_at
    if not is_tested(membership):
        raise NoTest("You need no test here: you may go to work.")
    if not tries_left(membership):
        raise NoTest("You have had all tries of this test.")
    drawn = _draw(membership)
    if not drawn:
        raise NoTest("This project's test has no items yet. Come back later.")
    membership.qualification_attempt += not _cut_short(membership)
    membership.save(update_fields=["qualification_attempt"])
    number = 1 + (_own_assignments(membership).aggregate(last=Max("undos"))["last"] or 0)
    opened = [_open(membership, gold, number, place) for place, gold in enumerate(drawn)]
    return Test(number, [], opened)


def _draw(membership: Membership) -> list[Gold]:
    """At random, new ones first, none that the member has had as work."""
    annotator = membership.user.annotator_or_new
    asked = set(_own_answers(membership).values_list("item_id", flat=True))
    had = annotator.assignments.filter(project=membership.project_id).handed_out()
    worked = {
        *had.exclude(state=State.EXPIRED).values_list("item_id", flat=True),
        *annotator.annotations.work()
        .filter(project=membership.project_id)
        .values_list("item_id", flat=True),
    }
    pool = [
        gold
        for gold in askable(membership.project, queues=membership.queues)
        if gold.item_id not in worked
    ]
    _random.shuffle(pool)
    pool.sort(key=lambda gold: gold.item_id in asked)
    return pool[: membership.project.qualification_size]


def _open(membership: Membership, gold: Gold, attempt: int, place: int) -> Assignment:
    project, now = membership.project, timezone.now()
    order = list(gold.item.completions.order_by("position").values_list("position", flat=True))
    _random.shuffle(order)
    values = {
        "project": project,
        "purpose": Assignment.Purpose.QUALIFICATION,
        "state": State.OPEN,
        "order": order,
        "form": project.form,
        "guidelines": project.guidelines,
        "undos": attempt,
        "opened_at": now + timedelta(microseconds=place),
        "expires_at": now + LASTS,
        "closed_at": None,
        "draft": None,
        "suggest": Assignment.Suggest.NOTHING,
        "pay_usd": 0,
    }
    assignment, _ = Assignment.objects.update_or_create(
        item=gold.item, annotator=membership.user.annotator_or_new, defaults=values
    )
    return assignment


@transaction.atomic
def answer_test(
    membership: Membership,
    assignment: Assignment,
    answers: Answers,
    *,
    key: str,
    timing: Timing | None = None,
) -> Annotation:
    """Store one answer of a test; the last one ends the try, and passes it or not.

    A repeat with ``key`` gives the first back. Raises ``LeaseLost`` when the item is asked no more.
    """
    timing = timing or Timing()
    Membership.objects.select_for_update(no_key=True).get(pk=membership.pk)
    assignment = Assignment.objects.select_for_update(no_key=True).get(pk=assignment.pk)
    if (stored := assignment.annotations.filter(key=key).first()) is not None:
        return stored
    open_test = assignment.purpose == Assignment.Purpose.QUALIFICATION
    if not open_test or key != assignment.key or assignment.state != State.OPEN:
        raise LeaseLost(assignment)
    annotation = Annotation.objects.create(
        project_id=assignment.project_id,
        item_id=assignment.item_id,
        annotator_id=assignment.annotator_id,
        assignment=assignment,
        purpose=Purpose.QUALIFICATION,
        attempt=assignment.undos,
        answers=answers,
        form_id=assignment.form_id,
        guidelines_id=assignment.guidelines_id,
        key=key,
        order=assignment.order,
        active_seconds=timing.active,
        focused_seconds=timing.focused,
        wall_seconds=timing.wall,
    )
    assignment.state, assignment.closed_at = State.SUBMITTED, timezone.now()
    assignment.save(update_fields=["state", "closed_at"])
    if not _own_assignments(membership).open().exists():
        _end(membership, _test(membership, assignment.undos, []))
    return annotation


def _end(membership: Membership, test: Test) -> None:
    """Say whether the try was passed; for the record, with what it asked."""
    wanted = membership.project.qualification_pass
    passed = wanted is not None and test.share >= wanted - TINY
    if passed:
        membership.qualified_at = timezone.now()
        membership.save(update_fields=["qualified_at"])
    audit.record(
        "member.test",
        project=membership.project,
        target=membership,
        user=membership.user_id,
        attempt=test.attempt,
        passed=passed,
        right=f"{100 * test.share:.0f} % of {test.size}",
        items=[one.annotation.item_id for one in test.scored],
    )
