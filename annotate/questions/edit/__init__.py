from annotate.questions.edit.kind import Edit as KIND  # noqa: N814 every kind's folder offers KIND

__all__ = ["KIND"]
