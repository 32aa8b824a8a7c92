"""Money and people's labels: reserved before they are spent, settled after, never past a budget."""

from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from annotate.models import Annotation, Budget, BudgetPeriod, LedgerEntry, Project
from annotate.models.budgets import Unit


class BudgetReached(Exception):
    """What is wanted does not fit into the budget any more."""

    def __init__(self, project: Project, unit: str, amount: Decimal) -> None:
        super().__init__(f"The {unit} budget of {project} has no {amount.normalize():f} left.")


def remaining(project: Project, unit: str) -> Decimal | None:
    """The least that any budget of ``unit`` still allows now; None without a budget."""
    left = [budget.cap - committed(budget) for budget in project.budgets.filter(unit=unit)]
    return max(min(left), Decimal(0)) if left else None


@transaction.atomic
def reserve_many(project: Project, unit: str, amounts: Mapping[str, Decimal]) -> set[str]:
    """Reserve in order what fits; the references that stand reserved now.

    A reference that was reserved before is among them and costs nothing again.
    """
    periods = _lock_periods(project, unit)
    before = set(
        LedgerEntry.objects.filter(
            project=project,
            unit=unit,
            kind=LedgerEntry.Kind.RESERVATION,
            reference__in=list(amounts),
        ).values_list("reference", flat=True)
    )
    left = min((p.budget.cap - p.committed for p in periods), default=None)
    granted: dict[str, Decimal] = {}
    for reference, amount in amounts.items():
        if reference in before:
            continue
        if left is not None:
            if amount > left:
                continue
            left -= amount
        granted[reference] = amount
    _commit(periods, sum(granted.values(), Decimal(0)))
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            project=project,
            kind=LedgerEntry.Kind.RESERVATION,
            unit=unit,
            amount=amount,
            reference=reference,
        )
        for reference, amount in granted.items()
    )
    return before | set(granted)


def reserve(project: Project, unit: str, amount: Decimal, *, reference: str) -> None:
    """Raises ``BudgetReached`` and reserves nothing when the amount does not fit."""
    if reference not in reserve_many(project, unit, {reference: amount}):
        raise BudgetReached(project, unit, amount)


@transaction.atomic
def settle(project: Project, unit: str, spent: Decimal, *, reference: str) -> None:
    """Replace a reservation by what was spent; a second settlement changes nothing."""
    entry = LedgerEntry.objects.select_for_update(no_key=True).get(
        project=project, unit=unit, kind=LedgerEntry.Kind.RESERVATION, reference=reference
    )
    _, new = LedgerEntry.objects.get_or_create(
        project=project,
        unit=unit,
        kind=LedgerEntry.Kind.SETTLEMENT,
        reference=reference,
        defaults={"amount": spent - entry.amount},
    )
    if new:
        day = entry.created_at.date()
        for budget in project.budgets.filter(unit=unit).order_by("pk"):
            budget.periods.filter(starts_on=budget.period_start(day)).update(
                committed=F("committed") + (spent - entry.amount)
            )


@transaction.atomic
def pay(annotation: Annotation) -> None:
    """Enter a person's pay for a label; where the item's pay was reserved, that shrinks by as much.

    Called once an annotation: a correction is paid with the label that it corrects.
    """
    amount = annotation.project.pay_per_label_usd
    if not amount:
        return
    project, reference = annotation.project, f"annotation:{annotation.pk}"
    LedgerEntry.objects.create(
        project=project,
        kind=LedgerEntry.Kind.PAY,
        unit=Unit.USD,
        amount=amount,
        annotator=annotation.annotator,
        reference=reference,
    )
    reserved = LedgerEntry.objects.filter(
        project=project,
        unit=Unit.USD,
        kind=LedgerEntry.Kind.RESERVATION,
        reference=item_reference(annotation.item_id),
    ).exists()
    if reserved:
        LedgerEntry.objects.create(
            project=project,
            kind=LedgerEntry.Kind.SETTLEMENT,
            unit=Unit.USD,
            amount=-amount,
            reference=reference,
        )
    else:
        _commit(_lock_periods(project, Unit.USD), amount)


def item_reference(item_id: int) -> str:
    """Under which an item's people's labels and their pay are reserved when it is routed to them."""
    return f"item:{item_id}"


def _lock_periods(project: Project, unit: str) -> list[BudgetPeriod]:
    wanted = [
        (budget, budget.period_start())
        for budget in project.budgets.filter(unit=unit).order_by("pk")
    ]
    BudgetPeriod.objects.bulk_create(
        (BudgetPeriod(budget=budget, starts_on=day) for budget, day in wanted),
        ignore_conflicts=True,
    )
    return [
        BudgetPeriod.objects.select_for_update(no_key=True, of=("self",))
        .select_related("budget")
        .get(budget=budget, starts_on=day)
        for budget, day in wanted
    ]


def _commit(periods: list[BudgetPeriod], amount: Decimal) -> None:
    if amount:
        BudgetPeriod.objects.filter(pk__in=[period.pk for period in periods]).update(
            committed=F("committed") + amount
        )


def committed(budget: Budget) -> Decimal:
    """What the running period of a budget has reserved and spent."""
    period = budget.periods.filter(starts_on=budget.period_start()).first()
    return period.committed if period else Decimal(0)
