from annotate.questions.ranking.kind import Ranking as KIND  # noqa: N814 every kind's folder offers KIND

__all__ = ["KIND"]
