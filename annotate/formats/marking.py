"""Marks out of foreign files as answers: labels by their names, places checked, faults told one by one.

A part that cannot be read is told and left out; the rest of the label stays.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from annotate.formats.base import BadLine, Option, RefusedFile, brief
from annotate.offsets import Target, Texts, Utf16, WrongRange, check_range
from annotate.questions import InvalidAnswer, Question, Questions
from annotate.questions.base.labels import paths
from annotate.questions.base.parts import by_place
from annotate.questions.edit.kind import Edit as EditQuestion

Part = dict[str, Any]
LABELS = Option("labels", "Other names of labels in the file, as in: Cliché=cliche; *=other")
ANY = "*"
_PARENTHESIS = re.compile(r"\s*\([^()]*\)\s*$")


class Unread(ValueError):
    """A part that cannot be read; the message gives the fault, the value and the remedy."""


def plain(name: str) -> str:
    """Letters and digits alone, in small letters: spellings of a name differ in all else."""
    return "".join(char for char in name.casefold() if char.isalnum())


class Names:
    """The stored value of a label by what a file calls it.

    A file may use the stored value, the words, or the words with their heading's
    (``Accuracy/Omission``), spelt in any way, and with more in parentheses behind it.
    """

    def __init__(
        self,
        what: str,
        words: Mapping[str, str],
        others: str = "",
        *,
        known: Mapping[str, str] | None = None,
        elsewhere: Collection[str] = (),
    ) -> None:
        """``others`` is the option ``LABELS``, of which ``elsewhere`` are labels of another question;
        ``known`` what a set calls labels of the presets."""
        self.what, self.words = what, dict(words)
        self.values = {plain(name): value for value, name in words.items()}
        for value, name in words.items():
            self.values.setdefault(plain(name.rpartition("/")[2]), value)
        self.values |= {plain(value): value for value in words}
        for name, value in (known or {}).items():
            if value in words:
                self.values.setdefault(plain(name), value)
        self.default = ""
        for name, value in _others(others):
            if value in words or value not in elsewhere:
                self._add(name, value)

    def _add(self, name: str, value: str) -> None:
        if value not in self.words:
            known = ", ".join(self.words)
            raise RefusedFile(f"Option labels: {value!r} is no label; use one of {known}.")
        if name == ANY:
            self.default = value
        else:
            self.values[plain(name)] = value

    def find(self, name: object) -> str:
        """Raises ``Unread``."""
        if isinstance(name, str):
            for spelt in (name, _PARENTHESIS.sub("", name)):
                if (found := self.values.get(plain(spelt))) is not None:
                    return found
        if self.default:
            return self.default
        known = ", ".join(self.words)
        raise Unread(
            f"the {self.what} {brief(name)} is none of the form ({known}); add it to the form, or say "
            "which one it is by the option labels"
        )

    def written(self, value: str, upstream: Collection[str] = ()) -> str:
        """The words of a value, spelt as upstream does where that knows it."""
        words = self.words.get(value, value)
        spelt = {plain(name): name for name in upstream}
        return spelt.get(plain(words)) or spelt.get(plain(value)) or words


def _others(text: str) -> list[tuple[str, str]]:
    """``name=value`` pairs parted by semicolons. Raises ``RefusedFile``."""
    pairs = [one.rpartition("=") for one in text.split(";") if one.strip()]
    if wrong := next((value for name, _, value in pairs if not name.strip()), None):
        raise RefusedFile(f"Option labels has {wrong!r}; write the name in the file=the label.")
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def names_of_labels(question: Question[Any], others: str = "", **more: Any) -> Names:
    return Names("label", paths(question.config.labels), others, **more)


def names_of_severities(question: Question[Any]) -> Names:
    return Names("severity", {one.value: one.label for one in question.config.severities})


class Marks:
    """What one annotator marks in answer to one question about spans."""

    def __init__(
        self, question: Question[Any], texts: Texts, labels: Names, severities: Names
    ) -> None:
        self.question, self.texts = question, texts
        self.labels, self.severities = labels, severities
        self.spans: list[Part] = []
        self.missing: list[Part] = []
        self.faults: list[str] = []

    def span(
        self,
        what: str,
        target: Part,
        start: object,
        end: object,
        label: object,
        *,
        text: object = None,
        **more: Any,
    ) -> None:
        """Add a span of ``target``, such as ``{"completion": 0}``; ``text`` is what it quotes, if known."""
        with_place = self._reading(what, lambda: self._place(target, start, end, text))
        if with_place is not None and (said := self._said(what, label, more)) is not None:
            self._keep(what, "spans", with_place | said)

    def lack(self, what: str, completion: int, label: object, **more: Any) -> None:
        """Add that something is missing from a completion."""
        if (said := self._said(what, label, more)) is not None:
            self._keep(what, "missing", {"completion": completion, **said})

    def _reading(self, what: str, read: Callable[[], Part]) -> Part | None:
        try:
            return read()
        except (Unread, WrongRange, BadLine) as fault:
            self.faults.append(f"{what}: {fault}")
            return None

    def _place(self, target: Part, start: object, end: object, text: object) -> Part:
        return {**target, **place_in(self.texts, target, start, end, text)}

    def _said(self, what: str, label: object, more: Mapping[str, Any]) -> Part | None:
        """Label, severity, comment and evidence as far as the question asks for them."""
        config = self.question.config
        asked = {
            "comment": config.comments != "off" and more.get("comment"),
            "evidence": config.evidence and more.get("evidence"),
        }
        found = {name: value for name, value in asked.items() if value}

        def read() -> Part:
            said = {"label": self.labels.find(label)}
            if config.severities and more.get("severity") is not None:
                said["severity"] = self.severities.find(more["severity"])
            return said | found

        return self._reading(what, read)

    def _keep(self, what: str, name: str, part: Part) -> None:
        """Hold the part by itself against question and texts, and spans against each other."""
        answer: Part = {"spans": [], name: [part]}
        try:
            texts, completions = self.texts, len(self.texts.completions)
            self.question.fit(self.question.parse(answer, completions=completions), texts)
        except InvalidAnswer as fault:
            self.faults.append(f"{what}: {fault.message}")
            return
        kept = self.spans if name == "spans" else self.missing
        if name == "spans" and not self.question.config.overlap and (other := clash(part, kept)):
            self.faults.append(
                f"{what}: {part['start']}-{part['end']} overlaps {other['start']}-{other['end']}, and "
                f"{self.question.name} allows no overlap; allow it there, or leave one of them out"
            )
            return
        kept.append(part)

    def answer(self, *, clean: Sequence[int] = ()) -> Part:
        """The answer to the question, by its name; none where nothing can be said.

        ``clean`` are completions of which the file says that there is nothing.
        """
        answer: Part = {"spans": sorted(self.spans, key=by_place)}
        if self.missing:
            answer["missing"] = self.missing
        if clean:
            answer["clean"] = list(clean)
        return {self.question.name: answer} if len(answer) > 1 or answer["spans"] else {}


def place_in(texts: Texts, target: Part, start: object, end: object, text: object) -> Part:
    """A range held against the text it is of. Raises ``Unread`` and ``WrongRange``."""
    if type(start) is not int or type(end) is not int:
        said = f" of {brief(text)}" if isinstance(text, str) else ""
        raise Unread(f"has no place{said} (start {start!r}, end {end!r}); give offsets")
    stored = texts.text(Target.of(target))
    quoted = stored[start:end] if not isinstance(text, str) else text
    check_range(stored, start, end, quoted)
    return {"start": start, "end": end, "text": quoted}


def clash(part: Part, others: Sequence[Part]) -> Part | None:
    """One of ``others`` that shares characters with ``part``."""
    return next(
        (
            one
            for one in others
            if Target.of(one) == Target.of(part)
            and one["start"] < part["end"]
            and part["start"] < one["end"]
        ),
        None,
    )


# ------------------------------------------------------------------------------ offsets in UTF-16

AUTO, POINTS, UNITS = "auto", "code_points", "utf16"
OFFSETS = Option("offsets", "What offsets count", AUTO, (AUTO, POINTS, UNITS))


def counted(
    text: str, start: object, end: object, quoted: object, counting: str
) -> tuple[int, int]:
    """Offsets in code points, whichever of both they count. Raises ``Unread`` and ``WrongRange``.

    Unless ``counting`` says which, the quoted text decides; where it cannot, and both differ, nothing
    is guessed.
    """
    if type(start) is not int or type(end) is not int:
        raise Unread(f"has no place (start {start!r}, end {end!r}); give offsets")
    if counting == POINTS:
        return start, end
    utf16 = Utf16(text)
    if counting == UNITS:
        return utf16.from_units(start), utf16.from_units(end)
    try:
        units = utf16.from_units(start), utf16.from_units(end)
    except WrongRange:
        return start, end
    points = start, end
    if units == points:
        return points
    if not isinstance(quoted, str):
        raise Unread(
            f"{start}-{end} may count code points or UTF-16, which differ here, and quotes no text; "
            f"say which by the option offsets={POINTS} or offsets={UNITS}"
        )
    fitting = {one for one in (points, units) if text[one[0] : one[1]] == quoted}
    if len(fitting) > 1:
        raise Unread(
            f"{start}-{end} quotes {brief(quoted)} by code points as well as by UTF-16; say which it "
            f"is by the option offsets={POINTS} or offsets={UNITS}"
        )
    return fitting.pop() if fitting else points


# ------------------------------------------------------------------------------------------ edits


def edit_question(questions: Questions) -> EditQuestion | None:
    """The form's first question of the kind edit that asks about an item's first completion."""
    for question in questions:
        if isinstance(question, EditQuestion) and 0 in (question.config.completions or [0]):
            return question
    return None


class Edits:
    """What one annotator edits in answer to one question of the kind edit."""

    def __init__(self, question: Question[Any], texts: Texts, labels: Names) -> None:
        self.question, self.texts, self.labels = question, texts, labels
        self.edits: list[Part] = []
        self.scores: list[Part] = []
        self.faults: list[str] = []

    def add(
        self,
        what: str,
        completion: int,
        start: object,
        end: object,
        replacement: object,
        *,
        text: object = None,
        label: object = None,
        reason: str = "",
    ) -> None:
        target = {"completion": completion}
        try:
            place = self._place(target, start, end, text)
            edit = {**target, **place, "replacement": replacement}
            if label is not None and self.question.config.labels:
                edit["label"] = self.labels.find(label)
        except (Unread, WrongRange) as fault:
            self.faults.append(f"{what}: {fault}")
            return
        if reason and self.question.config.reasons != "off":
            edit["reason"] = reason
        if self._fits(what, {"edits": [edit]}) and not self._overlaps(what, edit):
            self.edits.append(edit)

    def _place(self, target: Part, start: object, end: object, text: object) -> Part:
        if start == end and type(start) is int:
            return {"start": start, "end": end, "text": ""}
        return place_in(self.texts, target, start, end, text)

    def _overlaps(self, what: str, edit: Part) -> bool:
        other = clash(edit, self.edits)
        if other is not None:
            self.faults.append(
                f"{what}: {edit['start']}-{edit['end']} overlaps the edit of {other['start']}-"
                f"{other['end']}; make them one"
            )
        return other is not None

    def score(self, what: str, completion: int, initial: object, final: object) -> None:
        """Points before and after; passed over where the question asks for none."""
        if self.question.config.scores:
            points = {"initial": _points(initial), "final": _points(final)}
            score = {name: value for name, value in points.items() if value is not None}
            if score and self._fits(what, {"edits": [], "scores": [{"completion": 0, **score}]}):
                self.scores.append({"completion": completion, **score})

    def _fits(self, what: str, answer: Part) -> bool:
        try:
            completions = len(self.texts.completions)
            self.question.fit(self.question.parse(answer, completions=completions), self.texts)
        except InvalidAnswer as fault:
            self.faults.append(f"{what}: {fault.message}")
            return False
        return True

    def answer(self, *, unchanged: Sequence[int] = ()) -> Part:
        """The answer to the question, by its name; none where nothing can be said."""
        answer: Part = {"edits": self.edits}
        if unchanged:
            answer["unchanged"] = list(unchanged)
        # What is left as it was has no score after.
        scores = [
            {
                name: one[name]
                for name in one
                if name != "final" or one["completion"] not in unchanged
            }
            for one in self.scores
        ]
        if scores := [one for one in scores if len(one) > 1]:
            answer["scores"] = scores
        return {self.question.name: answer} if len(answer) > 1 or self.edits else {}


def _points(value: object) -> object:
    """Numbers may be written as texts."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value
