"""Numbers and names as the pages of a project write them."""

import json
from decimal import Decimal

from django import template

from annotate.models import Annotator, Transfer
from annotate.models.budgets import Unit
from annotate.models.projects import Route
from annotate.questions.base.question import letter as place_letter
from frontend import charts
from frontend.items import history
from frontend.ledger.budgets import BudgetState
from frontend.quality.agreement_spans import Told

register = template.Library()
DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


@register.filter
def percent(value: float | None) -> str:
    return DASH if value is None else charts.percent(value)


@register.filter
def usd(value: Decimal | None) -> str:
    """Money to the cent; fractions of a cent to four places."""
    if value is None:
        return DASH
    places = 2 if not value or abs(value) >= 1 else 4
    return f"{value:,.{places}f} USD"


@register.filter
def money(value: Decimal | None) -> str:
    """As ``usd``, in a column that names its unit."""
    return usd(value).removesuffix(" USD")


@register.filter
def grouped(value: int | None) -> str:
    """12345 as 12,345; a dash for what there is not."""
    return f"{value:,}" if isinstance(value, int) else DASH


@register.filter
def signed(value: float | None) -> str:
    return DASH if value is None else f"{value:+.2f}".replace("-", MINUS)


@register.filter
def pseudonym(annotator: Annotator) -> str:
    return history.pseudonym(annotator)


@register.filter
def letter(position: int) -> str:
    return place_letter(position)


@register.filter
def outcome(aggregate: object) -> str:
    """Which side has the majority of one main preference, and how large it is."""
    majority, share = getattr(aggregate, "majority", None), getattr(aggregate, "share", None)
    if aggregate is None:
        return ""
    if majority is None:
        return "no majority"
    side = {-1: "A", 0: "tie", 1: "B"}[majority]
    return f"{side} {100 * share:.0f} %" if share is not None else side


@register.simple_tag
def estimate_at(series: charts.Series, place: int) -> str:
    """One cell of a chart's table: the value and its interval."""
    return in_words(series.values[place])


@register.filter
def in_words(estimate: charts.Estimate | None) -> str:
    """Such as 71.2 % (66.0 to 76.1), with a dash."""
    if estimate is None:
        return DASH
    if estimate.low is None or estimate.high is None:
        return charts.percent(estimate.value)
    return f"{charts.percent(estimate.value)} ({100 * estimate.low:.1f}{DASH}{100 * estimate.high:.1f})"


@register.filter
def estimate_told(estimate: charts.Estimate | None, told: Told) -> str:
    """In per cent, or as a plain number where it is told so."""
    return str(plainly(estimate)) if told.plain else in_words(estimate)


@register.filter
def share_told(value: float | None, told: Told) -> str:
    if value is None or not told.plain:
        return percent(value)
    return f"{value:.2f}"


@register.filter
def gain_in_words(estimate: charts.Estimate | None) -> str:
    """A difference of two shares in points: +4.2 (+1.0 to +7.3)."""
    if estimate is None:
        return DASH
    value, low, high = (
        f"{100 * v:+.1f}".replace("-", MINUS)
        for v in (estimate.value, estimate.least, estimate.most)
    )
    return f"{value} ({low} to {high})" if estimate.low is not None else value


@register.filter
def route_words(route: str | None) -> str:
    """Where an item goes; nothing is "waits"."""
    return str(Route(route).label) if route else "waits"


@register.filter
def amount(value: Decimal) -> str:
    """A budget's number without zeros at its end."""
    return f"{value.normalize():,f}"


@register.filter
def amount_in(value: Decimal, unit: str) -> str:
    """Labels as they are, money as ``money``."""
    return money(value) if unit == Unit.USD else amount(value)


@register.simple_tag
def budget_bar(state: BudgetState) -> str:
    """How much of a budget is reserved or spent, as a thin bar."""
    return charts.meter(state.share, label=f"{100 * state.share:.0f} % of the cap")


@register.filter
def plainly(estimate: charts.Estimate | None) -> str:
    """Such as 0.612 (0.590 to 0.633), with a dash."""
    if estimate is None:
        return DASH
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f}{DASH}{estimate.high:.3f})"


@register.filter
def outcome_of_transfer(transfer: Transfer) -> str:
    """What came of an import or export, in a line."""
    result = transfer.result
    if "fault" in result:
        return str(result["fault"])
    if transfer.direction == Transfer.Direction.EXPORT:
        left = sum(result.get("left_out", {}).values())
        return f"{result.get('rows', 0):,} rows" + (f", {left:,} left out" if left else "")
    words = f"{result.get('added', 0):,} items, {result.get('labels', 0):,} labels added"
    wrong = result.get("bad", 0) + result.get("conflicts", 0)
    return f"{words}, {wrong:,} lines or labels refused" if wrong else words


@register.filter
def brief(value: object) -> str:
    """What a file said of an item: words as they are, anything else as JSON; 60 characters of it."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


@register.filter
def spaced(name: str) -> str:
    """The name of a setting, as words."""
    return name.replace("_", " ")
