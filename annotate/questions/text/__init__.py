from annotate.questions.text.kind import Text as KIND  # noqa: N814 every kind's folder offers KIND

__all__ = ["KIND"]
