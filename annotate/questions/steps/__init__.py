from annotate.questions.steps.kind import Steps as KIND  # noqa: N814 every kind's folder offers KIND

__all__ = ["KIND"]
