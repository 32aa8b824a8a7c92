"""How alike annotators answer: coefficients beyond chance, with intervals, whole and in parts."""

from annotate.agreement.project import detailed_agreement, kept_agreement, project_agreement

__all__ = ["detailed_agreement", "kept_agreement", "project_agreement"]
