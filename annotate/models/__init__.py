"""The domain's tables; import models from here."""

from annotate.models.annotations import (
    Aggregate,
    AggregationFit,
    Annotation,
    Assignment,
    Reliability,
)
from annotate.models.budgets import Budget, BudgetPeriod, LedgerEntry
from annotate.models.crowds import Crowd, CrowdVisit
from annotate.models.items import Completion, Gold, Item, ItemSummary, ItemText
from annotate.models.media import Media
from annotate.models.oversight import AuditEntry, BulkAction, BulkChange
from annotate.models.people import (
    Annotator,
    ApiToken,
    Cursor,
    Group,
    Invitation,
    Membership,
    User,
)
from annotate.models.projects import Form, Guidelines, Project
from annotate.models.quality import AnnotatorQuality, QualityReport
from annotate.models.running import Hint, Transfer, Worker
from annotate.models.snapshots import Snapshot
from annotate.models.tallies import ItemTally, LabelTally, LedgerTally, Watermark

__all__ = [
    "Aggregate",
    "AggregationFit",
    "Annotation",
    "Annotator",
    "AnnotatorQuality",
    "ApiToken",
    "Assignment",
    "AuditEntry",
    "Budget",
    "BudgetPeriod",
    "BulkAction",
    "BulkChange",
    "Completion",
    "Crowd",
    "CrowdVisit",
    "Cursor",
    "Form",
    "Gold",
    "Group",
    "Guidelines",
    "Hint",
    "Invitation",
    "Item",
    "ItemSummary",
    "ItemTally",
    "ItemText",
    "LabelTally",
    "LedgerEntry",
    "LedgerTally",
    "Media",
    "Membership",
    "Project",
    "QualityReport",
    "Reliability",
    "Snapshot",
    "Transfer",
    "User",
    "Watermark",
    "Worker",
]
