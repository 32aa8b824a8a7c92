"""One label more where those that are there disagree.

An item is disputed when all labels it wanted are there and no answer to the form's main question has
more than half of them: what its summary calls a disagreement of a half. It is then offered to one
person more, and so on up to ``Project.dispute_overlap``, as far as budgets reach. A review settles it.
"""

from decimal import Decimal

from django.db import connection, transaction

from annotate.assignment import set_overlaps
from annotate.ledger import extra_reference, reserve_all
from annotate.models import Project
from annotate.models.budgets import Unit

SPLIT = 0.5  # of the answers: no side has more than half
BATCH = 200
# Locked in the order of their ids, as everywhere; what somebody works on just now is left.
_DISPUTED = """
    SELECT item.id, item.overlap FROM annotate_item AS item
    JOIN annotate_itemsummary AS summary ON summary.item_id = item.id
    WHERE summary.project_id = %(project)s AND summary.disagreement >= %(split)s AND item.id > %(after)s
    AND item.seats_left = 0 AND item.overlap BETWEEN 2 AND %(most)s - 1 AND NOT item.stale
    AND item.route IN ('human', 'both')
    AND NOT EXISTS (SELECT 1 FROM annotate_gold AS gold
        WHERE gold.item_id = item.id AND gold.use <> 'check')
    AND NOT EXISTS (SELECT 1 FROM annotate_assignment AS lent
        WHERE lent.item_id = item.id AND lent.state = 'open' AND lent.purpose = 'work')
    AND NOT EXISTS (SELECT 1 FROM annotate_annotation AS review
        WHERE review.item_id = item.id AND review.purpose = 'review')
    ORDER BY item.id LIMIT %(batch)s FOR NO KEY UPDATE OF item SKIP LOCKED
"""


def want_more(project: Project) -> int:
    """Ask one person more about every disputed item; how many are asked about anew."""
    if project.dispute_overlap is None:
        return 0
    asked, after = 0, 0
    while True:
        raised, last = _batch(project, after)
        asked += raised
        if last is None:
            return asked
        after = last


@transaction.atomic
def _batch(project: Project, after: int) -> tuple[int, int | None]:
    """How many were raised, and the last id that was looked at; None when that was all."""
    parameters = {
        "project": project.pk,
        "split": SPLIT,
        "after": after,
        "most": project.dispute_overlap,
        "batch": BATCH,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DISPUTED, parameters)
        rows = cursor.fetchall()
    wanted = _covered(project, {pk: overlap + 1 for pk, overlap in rows})
    raised = set_overlaps(wanted) if wanted else set()
    return len(raised), rows[-1][0] if len(rows) == BATCH else None


def _covered(project: Project, wanted: dict[int, int]) -> dict[int, int]:
    """Those whose label more a budget covers; reserved as when somebody raises an overlap by hand."""
    one = {Unit.LABELS: Decimal(1), Unit.USD: project.pay_per_label_usd}
    amounts = {str(unit): amount for unit, amount in one.items() if amount}
    references = {extra_reference(pk, overlap): pk for pk, overlap in wanted.items()}
    standing = reserve_all(project, dict.fromkeys(references, amounts))
    return {pk: wanted[pk] for name, pk in references.items() if name in standing}
