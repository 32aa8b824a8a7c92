"""One label made of several, per question and source, and what it takes to weigh the answers."""

from annotate.aggregation.combining import VERSION, Label, Source, combine
from annotate.aggregation.storing import BATCH, aggregate_stale

__all__ = ["BATCH", "VERSION", "Label", "Source", "aggregate_stale", "combine"]
