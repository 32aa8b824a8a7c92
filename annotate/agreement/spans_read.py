"""A question's labels that mark parts of texts, read with the lengths of these texts."""

from typing import Any

import numpy as np

from annotate.agreement.labels import ProjectLabels
from annotate.agreement.marked import marked
from annotate.agreement.spans import Spans
from annotate.marking import given, placed, read_texts
from annotate.questions import Question


def spans_of(labels: ProjectLabels, question: Question[Any]) -> Spans:
    """All labels of the question, people's and judges'; made once."""
    if question.name not in labels.made:
        labels.made[question.name] = _made(labels, question)
    made: Spans = labels.made[question.name]
    return made


def _made(labels: ProjectLabels, question: Question[Any]) -> Spans:
    of = labels.of[question.name]
    texts = read_texts(question, labels.items)
    answers = given(question, of.answers)
    found = placed(answers, of.answer, of.item, texts)
    table = marked(
        found.marks,
        found.missing,
        item=of.item,
        text_item=texts.owner,
        lengths=texts.length,
        labels=len(answers.labels),
    )
    return Spans(of.item, of.annotator, of.day, table, answers.labels, np.arange(len(of)))
