"""What storing a form's next version would do, told before it is done."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.urls import reverse

from annotate.form_versions import Changes, compare
from annotate.models import Form, Gold, Project, Transfer
from annotate.questions import Question, Questions
from annotate.questions.base.question import Config
from annotate.questions.base.settings import settings_of
from annotate.standing import Standing, standing
from routing.models import Judge, RoutingPolicy

ASKED_ONLY_IF = next(one.label for one in settings_of(Config) if one.name == "ask_if")


@dataclass(frozen=True)
class Consequence:
    """One of them: what changes, and what comes of it. ``serious`` ones want a second look."""

    words: str
    serious: bool = False
    url: str = ""
    link: str = ""


@dataclass(frozen=True)
class Consequences:
    changes: Changes
    found: Sequence[Consequence]

    @property
    def digest(self) -> str:
        """Sent back with the form, it says that just these were on the page."""
        words = "\n".join([*self.changes.words(), *(one.words for one in self.found)])
        return hashlib.sha256(words.encode()).hexdigest()[:16]

    @property
    def serious(self) -> bool:
        return any(one.serious for one in self.found)


def consequences(project: Project, new: Questions) -> Consequences:
    """Of storing ``new`` after the project's newest form; nothing where they are alike."""
    form, old = project.form, project.questions
    changes = compare(old, new)
    if not changes:
        return Consequences(changes, [])
    known = standing(project, "form")
    labels = Labels.of(project, known)
    found = [
        *_of_questions(changes, labels, new, project.slug),
        *_of_main(old, new),
        *_of_people(known.get(form.pk, Standing()), form),
        *_of_judges(project),
        *_of_files(project),
        *_of_gold(project, changes),
    ]
    if not labels.total:
        found.append(Consequence("Nobody has labelled yet, so no label is affected."))
    return Consequences(changes, found)


@dataclass(frozen=True)
class Labels:
    """How many labels were made with versions of the form that ask each question, and with any."""

    asked: dict[str, int]
    total: int

    @classmethod
    def of(cls, project: Project, known: dict[int, Standing]) -> Self:
        asked: Counter[str] = Counter()
        for form in project.forms.filter(pk__in=known):
            asked.update(dict.fromkeys(form.parsed.names, known[form.pk].labels))
        return cls(asked, sum(one.labels for one in known.values()))


def _of_questions(
    changes: Changes, labels: Labels, new: Questions, slug: str
) -> Iterator[Consequence]:
    gone = [(name, "") for name in changes.removed] + list(changes.renamed)
    for name, now in gone:
        if labels.asked.get(name):
            words = f"{_labels(labels.asked[name])} made with forms that ask {name}. They stay, in "
            words += "the items' history and in exports of labels, but agreement, aggregates and "
            words += f"training leave {name} out from now on"
            words += f"; {now} starts without an answer." if now else "."
            yield Consequence(words, serious=True)
    fresh = [name for name in changes.added if not labels.asked.get(name)]
    if fresh and labels.total:
        words = f"{_labels(labels.total)} made without {', '.join(fresh)}. Nobody is asked again; "
        words += "raise the overlap of the items that should get an answer."
        url = f"{reverse('items', args=[slug])}?labels=people"
        yield Consequence(words, url=url, link="Items with labels")
    if owed := [name for name in fresh if new[name].config.required]:
        yield Consequence(f"From now on people owe an answer to {', '.join(owed)}.")
    for name, changed in (changes.changed or {}).items():
        if labels.asked.get(name) and any(one.setting == ASKED_ONLY_IF for one in changed):
            made = _labels(labels.asked[name])
            yield Consequence(
                f"{name} is asked {_when(new[name])} from now on. {made} made while it was asked "
                "otherwise: they stay, and where they lack an answer nobody is asked again."
            )
    for name in changes.added:
        if labels.asked.get(name):
            made = _labels(labels.asked[name])
            yield Consequence(
                f"{name} is back: {made} made with forms that ask it; they count again."
            )


def _when(question: Question[Any]) -> str:
    condition = question.config.ask_if
    return "always" if condition is None else f"only if {condition}"


def _of_main(old: Questions, new: Questions) -> Iterator[Consequence]:
    before, after = old.main_preference(), new.main_preference()
    if before is not None and after is None:
        yield Consequence(
            "No preference is asked any more: reward models have nothing to learn from, and judges "
            "are not compared with people.",
            serious=True,
        )
    elif before is not None and after is not None and before.name != after.name:
        yield Consequence(
            f"The main preference is {after.name} instead of {before.name}: reward models, ranking, "
            "and the judges' agreement with people start anew with it.",
            serious=True,
        )
    elif before is None and after is not None:
        yield Consequence(f"Reward models learn from {after.name}, the main preference.")


def _of_people(known: Standing, form: Form) -> Iterator[Consequence]:
    if known.opened:
        subject = "1 item is" if known.opened == 1 else f"{known.opened:,} items are"
        yield Consequence(
            f"{subject} open with version {form.version} just now and will be answered as shown."
        )


def _of_judges(project: Project) -> Iterator[Consequence]:
    judges = list(Judge.objects.active().filter(project=project).order_by("name", "-version"))
    policy = RoutingPolicy.objects.active_for(project)
    for judge in judges:
        words = f"Judge {judge} goes on answering the version it was made for. Make its next "
        words += "version to have it answer this form"
        if policy is not None and policy.judge_id == judge.pk:
            words += f"; policy {policy} will ask that one from then on"
        url = f"{reverse('create-judge', args=[project.slug])}?from={judge.pk}"
        yield Consequence(f"{words}.", url=url, link="Make it")


def _of_files(project: Project) -> Iterator[Consequence]:
    running = (Transfer.State.WAITING, Transfer.State.RUNNING)
    imports = project.transfers.filter(direction=Transfer.Direction.IMPORT, state__in=running)
    if imports.exists():
        yield Consequence(
            "An import is running: what is left of its file is read by the new version.",
            serious=True,
        )
    if project.snapshots.exists():
        yield Consequence("Snapshots and reward models keep the form that they were made with.")


def _of_gold(project: Project, changes: Changes) -> Iterator[Consequence]:
    gold = Gold.objects.filter(item__project=project).count() if changes.added else 0
    if gold:
        names = ", ".join(changes.added)
        who = "1 gold answer says" if gold == 1 else f"{gold:,} gold answers say"
        yield Consequence(f"{who} nothing about {names}.")


def _labels(number: int) -> str:
    return "1 label was" if number == 1 else f"{number:,} labels were"
