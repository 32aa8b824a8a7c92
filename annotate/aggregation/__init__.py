"""One label made of several, per question and source, and what it takes to weigh the answers."""

from annotate.aggregation.combining import Label, Source, combine
from annotate.aggregation.storing import BATCH, aggregate_stale
from annotate.aggregation.writing import VERSION

__all__ = ["BATCH", "VERSION", "Label", "Source", "aggregate_stale", "combine"]
