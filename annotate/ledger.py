"""Money and people's labels: reserved before they are spent, settled after, never past a budget."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Sum

from annotate.models import (
    Annotation,
    Annotator,
    Assignment,
    Budget,
    BudgetPeriod,
    Item,
    LedgerEntry,
    Project,
)
from annotate.models.budgets import Unit

NO_CAP = Decimal("Infinity")


class BudgetReached(Exception):
    """What is wanted does not fit into the budget any more."""

    def __init__(self, project: Project, unit: str, amount: Decimal) -> None:
        super().__init__(f"The {unit} budget of {project} has no {amount.normalize():f} left.")


def remaining(project: Project, unit: str) -> Decimal | None:
    """The least that any budget of ``unit`` still allows now; None without a budget."""
    left = [budget.cap - committed(budget) for budget in project.budgets.filter(unit=unit)]
    return max(min(left), Decimal(0)) if left else None


def reserve_many(project: Project, unit: str, amounts: Mapping[str, Decimal]) -> set[str]:
    """Reserve in order what fits; the references that stand reserved now.

    A reference that was reserved before is among them and costs nothing again.
    """
    return reserve_all(project, {name: {unit: amount} for name, amount in amounts.items()})


@transaction.atomic
def reserve_all(
    project: Project,
    wanted: Mapping[str, Mapping[str, Decimal]],
    *,
    annotator: Annotator | None = None,
) -> set[str]:
    """As ``reserve_many``, with amounts by unit: each reference gets all that it wants, or nothing.

    ``annotator`` is whose answers it pays for, where that is known beforehand.
    """
    units = sorted({unit for amounts in wanted.values() for unit in amounts})
    periods = {unit: _lock_periods(project, unit) for unit in units}
    before = set(
        LedgerEntry.objects.filter(
            project=project, kind=LedgerEntry.Kind.RESERVATION, reference__in=list(wanted)
        ).values_list("reference", "unit")
    )
    left = {
        unit: min((p.budget.cap - p.committed for p in periods[unit]), default=NO_CAP)
        for unit in units
    }
    new: list[LedgerEntry] = []
    standing: set[str] = set()
    for reference, amounts in wanted.items():
        more = {unit: n for unit, n in amounts.items() if (reference, unit) not in before}
        if any(amount > left[unit] for unit, amount in more.items()):
            continue
        standing.add(reference)
        for unit, amount in more.items():
            left[unit] -= amount
            new.append(
                LedgerEntry(
                    project=project,
                    kind=LedgerEntry.Kind.RESERVATION,
                    unit=unit,
                    amount=amount,
                    annotator=annotator,
                    reference=reference,
                )
            )
    for unit in units:
        _commit(periods[unit], sum((e.amount for e in new if e.unit == unit), Decimal(0)))
    # Without a budget nothing is locked, and two may reserve the same at once.
    LedgerEntry.objects.bulk_create(new, ignore_conflicts=True)
    return standing


def reserve(
    project: Project,
    unit: str,
    amount: Decimal,
    *,
    reference: str,
    annotator: Annotator | None = None,
) -> None:
    """Raises ``BudgetReached`` and reserves nothing when the amount does not fit."""
    if reference not in reserve_all(project, {reference: {unit: amount}}, annotator=annotator):
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
        defaults={"amount": spent - entry.amount, "annotator_id": entry.annotator_id},
    )
    if new:
        day = entry.created_at.date()
        for budget in project.budgets.filter(unit=unit).order_by("pk"):
            budget.periods.filter(starts_on=budget.period_start(day)).update(
                committed=F("committed") + (spent - entry.amount)
            )


@transaction.atomic
def hold(assignment: Assignment) -> None:
    """Have a lease's pay covered: by what its item's reservation has left, else by one of its own.

    For projects with a budget in USD; the item is locked. Raises ``BudgetReached``.
    """
    if not assignment.pay_usd:
        return
    others = Assignment.objects.open().filter(
        item=assignment.item_id, pay_held=False, annotations__isnull=True
    )
    promised = others.exclude(pk=assignment.pk).aggregate(usd=Sum("pay_usd"))["usd"] or Decimal(0)
    is_work = assignment.purpose == Assignment.Purpose.WORK  # pay was reserved for nothing else
    if is_work and _item_pay_left(assignment.item) - promised >= assignment.pay_usd:
        return
    project, reference = assignment.project, lease_reference(assignment)
    reserve(project, Unit.USD, assignment.pay_usd, reference=reference)
    assignment.pay_held = True
    assignment.save(update_fields=["pay_held"])


def let_go(assignment: Assignment) -> None:
    """Give back what was held for a lease that ended without a label."""
    if assignment.pay_held:
        settle(assignment.project, Unit.USD, Decimal(0), reference=lease_reference(assignment))
        assignment.pay_held = False
        assignment.save(update_fields=["pay_held"])


@transaction.atomic
def pay(annotation: Annotation, assignment: Assignment) -> None:
    """Enter a person's pay for a label; what was reserved for it shrinks by as much.

    Called once an assignment: a correction is paid with the label that it corrects.
    """
    usual = annotation.project.pay_per_label_usd
    amount = usual if assignment.pay_usd is None else assignment.pay_usd
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
    left = amount if assignment.pay_held else Decimal(0)
    if not assignment.pay_held and assignment.purpose == Assignment.Purpose.WORK:
        left = _item_pay_left(annotation.item)
    covered = max(min(amount, left), Decimal(0))
    if covered:
        LedgerEntry.objects.create(
            project=project,
            kind=LedgerEntry.Kind.SETTLEMENT,
            unit=Unit.USD,
            amount=-covered,
            reference=reference,
        )
    if covered < amount:
        _commit(_lock_periods(project, Unit.USD), amount - covered)


def _item_pay_left(item: Item) -> Decimal:
    """What labels so far have left of the pay that was reserved with an item."""
    entries = LedgerEntry.objects.filter(project_id=item.project_id, unit=Unit.USD)
    extra = [extra_reference(item.pk, number) for number in range(2, item.overlap + 1)]
    reserved = entries.filter(
        kind=LedgerEntry.Kind.RESERVATION, reference__in=[item_reference(item.pk), *extra]
    ).total(Unit.USD)
    if not reserved:
        return Decimal(0)
    labels = Annotation.objects.filter(item=item.pk, assignment__pay_held=False)
    references = [f"annotation:{pk}" for pk in labels.values_list("pk", flat=True)]
    used = entries.filter(kind=LedgerEntry.Kind.SETTLEMENT, reference__in=references)
    return reserved + used.total(Unit.USD)


def item_reference(item_id: int) -> str:
    """Under which an item's people's labels and their pay are reserved when it is routed to them."""
    return f"item:{item_id}"


def extra_reference(item_id: int, number: int) -> str:
    """Under which an item's ``number``-th label is reserved when its overlap is raised to that."""
    return f"item:{item_id}:{number}"


def lease_reference(assignment: Assignment) -> str:
    """Under which a lease's pay is reserved.

    An assignment has another lease each time that it is opened, and when it is answered late.
    """
    moment = assignment.closed_at or assignment.opened_at
    return f"assignment:{assignment.pk}:{round(moment.timestamp() * 1_000_000)}"


def _lock_periods(project: Project, unit: str) -> list[BudgetPeriod]:
    budgets = list(project.budgets.filter(unit=unit).order_by("pk"))
    if not budgets:
        return []
    running = Q()
    for budget in budgets:
        running |= Q(budget=budget, starts_on=budget.period_start())
    rows = (
        BudgetPeriod.objects.select_for_update(no_key=True, of=("self",))
        .select_related("budget")
        .filter(running)
        .order_by("budget_id")
    )
    periods = list(rows)
    if len(periods) == len(budgets):
        return periods
    known = {period.budget_id for period in periods}
    BudgetPeriod.objects.bulk_create(
        (
            BudgetPeriod(
                budget=budget,
                starts_on=budget.period_start(),
                committed=_moved_since(project, unit, budget.period_start()),
            )
            for budget in budgets
            if budget.pk not in known
        ),
        ignore_conflicts=True,
    )
    return list(rows.all())


def _moved_since(project: Project, unit: str, day: date) -> Decimal:
    """What a period that begins with ``day`` has committed already: a budget may be set later.

    A settlement counts where what it settles does.
    """
    start = datetime.combine(day, time.min, tzinfo=UTC)
    entries = LedgerEntry.objects.filter(project=project, unit=unit, created_at__gte=start)
    settled = entries.filter(reference=OuterRef("reference")).exclude(
        kind=LedgerEntry.Kind.SETTLEMENT
    )
    return entries.filter(~Q(kind=LedgerEntry.Kind.SETTLEMENT) | Exists(settled)).total(unit)


def _commit(periods: list[BudgetPeriod], amount: Decimal) -> None:
    if amount:
        BudgetPeriod.objects.filter(pk__in=[period.pk for period in periods]).update(
            committed=F("committed") + amount
        )


def committed(budget: Budget) -> Decimal:
    """What the running period of a budget has reserved and spent."""
    period = budget.periods.filter(starts_on=budget.period_start()).first()
    if period is None:
        return _moved_since(budget.project, budget.unit, budget.period_start())
    return period.committed
