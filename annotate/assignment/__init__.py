"""Handing out work: claim, renew, submit, skip, expire and undo.

Locks go membership → item → assignment, all ``FOR NO KEY UPDATE``; whoever locks another's
membership, to change it, holds no item, and no transaction waits for an item while it holds a
different one. What a budget has to cover is reserved after all three.
"""

from annotate.assignment.claiming import claim
from annotate.assignment.closing import (
    Timing,
    expire_overdue,
    let_go,
    release,
    renew,
    save_draft,
    skip,
    submit,
    undo,
)
from annotate.assignment.correcting import correct, correction_key, why_not_correctable
from annotate.assignment.offering import raise_overlap, route_items, set_aside, set_overlaps
from annotate.assignment.own import own_assignment, own_membership
from annotate.assignment.refusals import (
    BudgetSpent,
    EnoughLabels,
    LeaseLost,
    MemberPaused,
    NotCorrectable,
    NothingToUndo,
    NotQualified,
    NoWork,
)
from annotate.assignment.resuming import take_up_again

__all__ = [
    "BudgetSpent",
    "EnoughLabels",
    "LeaseLost",
    "MemberPaused",
    "NoWork",
    "NotCorrectable",
    "NotQualified",
    "NothingToUndo",
    "Timing",
    "claim",
    "correct",
    "correction_key",
    "expire_overdue",
    "let_go",
    "own_assignment",
    "own_membership",
    "raise_overlap",
    "release",
    "renew",
    "route_items",
    "save_draft",
    "set_aside",
    "set_overlaps",
    "skip",
    "submit",
    "take_up_again",
    "undo",
    "why_not_correctable",
]
