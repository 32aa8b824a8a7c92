"""A judge's answer about spans as a page fills it in for a person."""

from typing import TYPE_CHECKING

from annotate.offsets import Texts
from annotate.questions.base.question import Answer, InvalidAnswer
from annotate.questions.spans.reading import MISSING, SPANS

if TYPE_CHECKING:
    from annotate.questions.spans.kind import Spans


def to_begin_with(question: "Spans", answer: Answer, texts: Texts) -> Answer | None:
    """Its marks, fitted to what is asked now; None where there are none, or they do not fit.

    That there is nothing to mark is for the annotator to say.
    """
    config = question.config
    dropped = {"comment"} if config.comments == "off" else set()
    dropped |= set() if config.evidence else {"evidence"}
    parts = {
        name: [{key: part[key] for key in part if key not in dropped} for part in answer[name]]
        for name in (SPANS, MISSING)
        if answer.get(name)
    }
    if not parts:
        return None
    try:
        return question.fit(question.parse(parts, completions=len(texts.completions)), texts)
    except InvalidAnswer:
        return None
