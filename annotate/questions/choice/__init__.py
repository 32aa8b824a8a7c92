from annotate.questions.choice.kind import Choice as KIND  # noqa: N814 every kind's folder offers KIND

__all__ = ["KIND"]
