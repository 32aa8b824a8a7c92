from annotate.questions.spans.kind import Spans as KIND  # noqa: N814 every kind's folder offers KIND

__all__ = ["KIND"]
