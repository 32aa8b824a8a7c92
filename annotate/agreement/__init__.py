"""How alike annotators answer: coefficients beyond chance, with intervals, whole and in parts."""

from annotate.agreement.keeping import Kept, is_large
from annotate.agreement.project import (
    compute_agreement,
    detailed_agreement,
    project_agreement,
    shown_agreement,
)

__all__ = [
    "Kept",
    "compute_agreement",
    "detailed_agreement",
    "is_large",
    "project_agreement",
    "shown_agreement",
]
