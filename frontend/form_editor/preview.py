"""The workspace as annotators will see it, with a real item of the project where there is one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from annotate.models import Assignment, Item, Project
from annotate.offsets import Texts
from annotate.questions import Question, Questions, Shown, kinds
from annotate.questions.base.question import letter
from frontend import markdown, showing
from frontend.reading import ShownCompletion, Turn

EXAMPLE = Item(messages=[{"role": "user", "content": "Why is the sky blue?"}], contexts=[])
ANSWERS = (
    "Air scatters short waves of light more than long ones, so that blue reaches us from everywhere.",
    "Because it reflects the ocean.",
    "It only seems so; the question is what one means by blue.",
)


@dataclass(frozen=True)
class Preview:
    turns: Sequence[Turn]
    completions: Sequence[ShownCompletion]
    questions: Sequence[SafeString]
    # The item's key; empty for the example.
    item: str


def preview(project: Project | None, questions: Sequence[Question[Any]]) -> Preview:
    """The first item that has enough completions for the questions, else an example."""
    needed = max((question.least_completions for question in questions), default=1)
    item = _item(project, needed) if project is not None else None
    if item is None:
        texts = example(max([needed, *(question.usual_completions for question in questions)]))
    else:
        texts = [completion.text for completion in item.completions.all()]
    order = list(range(len(texts)))
    return Preview(
        turns=showing.turns(Assignment(item=item or EXAMPLE, order=order)),
        completions=[ShownCompletion(text=text, letter=letter(n)) for n, text in enumerate(texts)],
        questions=[question.html(shown(texts)) for question in questions],
        item=item.key if item else "",
    )


def example(completions: int) -> list[str]:
    """Texts of that many completions."""
    more = (f"Answer {n + 1}." for n in range(len(ANSWERS), completions))
    return [*ANSWERS[:completions], *more]


def shown(texts: Sequence[str]) -> Shown:
    """Completions in the order given, nothing answered."""
    order = list(range(len(texts)))
    return Shown(order=order, texts=Texts(texts), render=markdown.render)


def _item(project: Project, completions: int) -> Item | None:
    rows = Item.objects.live().filter(project=project, completions__position=completions - 1)
    return rows.prefetch_related("completions").order_by("pk").first()


def all_styles() -> tuple[str, ...]:
    """Of every kind, since any may be added."""
    names = ["base", *kinds()]
    return showing.styles_of(names)


def styles(questions: Questions) -> tuple[str, ...]:
    return showing.assets(questions).styles
