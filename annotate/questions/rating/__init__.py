from annotate.questions.rating.kind import Rating as KIND  # noqa: N814 every kind's folder offers KIND

__all__ = ["KIND"]
