"""Caps on people's labels and money: set, changed and taken away, each for the record."""

from decimal import Decimal

from django.db import transaction

from annotate import audit
from annotate.models import Budget, Project


@transaction.atomic
def set_budget(project: Project, *, unit: str, period: str, cap: Decimal) -> Budget:
    """Make the budget of this unit and period, or give it another cap; the same cap is no change."""
    before = Budget.objects.filter(project=project, unit=unit, period=period).first()
    if before is not None and before.cap == cap:
        return before
    budget, _ = Budget.objects.update_or_create(
        project=project, unit=unit, period=period, defaults={"cap": cap}
    )
    audit.record(
        "budget.set",
        project=project,
        target=budget,
        before=plain(before.cap) if before else None,
        after=plain(cap),
    )
    return budget


@transaction.atomic
def remove_budget(budget: Budget) -> None:
    """Nothing caps this unit and period any more; the ledger stays as it is."""
    audit.record("budget.remove", project=budget.project, target=budget, before=plain(budget.cap))
    budget.delete()


def plain(amount: Decimal) -> str:
    """Without zeros at the end: 25, not 25.000000 or 2.5E+1."""
    return f"{amount.normalize():f}"
