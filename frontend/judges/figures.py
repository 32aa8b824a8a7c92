"""What is measured of judges, for charts and tables."""

from frontend.charts import Estimate
from routing.judges.quality import Share


def estimate_of(share: Share) -> Estimate | None:
    """A counted share with its interval; None where nothing was counted."""
    return Estimate(share.hits / share.n, share.low, share.high, share.n) if share.n else None
