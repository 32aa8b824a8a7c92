from annotate.questions.preference.kind import Preference as KIND  # noqa: N814 every kind's folder offers KIND

__all__ = ["KIND"]
