"""The domain's tables; import models from here."""

from annotate.models.annotations import Aggregate, Annotation, Assignment
from annotate.models.budgets import Budget, BudgetPeriod, LedgerEntry
from annotate.models.items import Completion, Item
from annotate.models.people import Annotator, ApiToken, Cursor, Membership, User
from annotate.models.projects import Form, Guidelines, Project
from annotate.models.running import Hint, Transfer, Worker
from annotate.models.snapshots import Snapshot

__all__ = [
    "Aggregate",
    "Annotation",
    "Annotator",
    "ApiToken",
    "Assignment",
    "Budget",
    "BudgetPeriod",
    "Completion",
    "Cursor",
    "Form",
    "Guidelines",
    "Hint",
    "Item",
    "LedgerEntry",
    "Membership",
    "Project",
    "Snapshot",
    "Transfer",
    "User",
    "Worker",
]
