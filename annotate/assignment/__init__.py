"""Handing out work: claim, renew, submit, skip, expire and undo.

Locks go membership → item → assignment, all ``FOR NO KEY UPDATE``; nobody locks another's
membership, and no transaction waits for an item while it holds a different one.
"""

from annotate.assignment.claiming import MemberPaused, claim
from annotate.assignment.closing import (
    LeaseLost,
    NothingToUndo,
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
from annotate.assignment.offering import lower_overlap, raise_overlap, route_items

__all__ = [
    "LeaseLost",
    "MemberPaused",
    "NothingToUndo",
    "Timing",
    "claim",
    "expire_overdue",
    "let_go",
    "lower_overlap",
    "raise_overlap",
    "release",
    "renew",
    "route_items",
    "save_draft",
    "skip",
    "submit",
    "undo",
]
