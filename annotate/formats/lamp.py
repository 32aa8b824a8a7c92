"""Edits of paragraphs with categories, as the LAMP corpus has them (Chakrabarty et al. 2024): a JSON array.

``instruction``, ``preedit`` and ``postedit`` (the paragraph before and after), ``source`` (the model
that wrote it), ``type``, ``creativity_scores`` (before and after), ``id`` (whose first part names the
writer), and ``fine_grained_edits`` of ``originalText``, ``editedText``, ``categorization``. Edits have
no offsets there: they are where their text stands once and exactly in the paragraph; where it stands
more than once, the edited paragraph has to tell which is meant. ``start`` and ``end`` may be beside it.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise, product

from annotate.formats.base import (
    ARRAY,
    LONGEST_NAME,
    ArrayExporter,
    ExportedItem,
    ExportedLabel,
    Importer,
    Json,
    Option,
    ParsedCompletion,
    ParsedItem,
    ParsedLabel,
    Setting,
    brief,
    list_of,
    object_of,
    text_of,
    user_turn,
)
from annotate.formats.marking import LABELS, Edits, Marks, names_of_labels, names_of_severities
from annotate.formats.spans import QUESTION, Asked
from annotate.formats.whose import NO_LABEL, SOURCE, labels_of
from annotate.offsets import Texts
from annotate.questions import Questions
from annotate.questions.edit.replacing import edited

READ = frozenset({"instruction", "preedit", "source", "item_id"})
OF_LABEL = frozenset({"id", "annotator", "postedit", "fine_grained_edits", "creativity_scores"})
MOST_WAYS = 5_000  # in which edits of texts that stand several times are tried
Range = tuple[int, int]
Placed = tuple[str, Json, Range]  # its name, the edit, and where it is


class LampImport(Importer):
    name = "lamp"
    title = "LAMP edits"
    about = "Paragraphs that writers edited: the parts they changed, into what, and why."
    container = ARRAY
    settings = (
        QUESTION,
        Option("annotator", "Who edited, where records do not say"),
        Option("set", "Name of the set", "lamp"),
        LABELS,
    )

    def __init__(self, questions: Questions, options: Mapping[str, str]) -> None:
        super().__init__(questions, options)
        self.form = Asked(self, questions)
        self.names = self.form.labels(self.options["labels"])

    def parse(self, record: Json) -> ParsedItem:
        paragraph = text_of(record, "preedit")
        metadata = {name: value for name, value in record.items() if name not in READ | OF_LABEL}
        return ParsedItem(
            key=text_of(record, "item_id", default="", longest=200),
            messages=user_turn(text_of(record, "instruction")),
            completions=[
                ParsedCompletion(
                    paragraph, text_of(record, "source", default="", longest=LONGEST_NAME)
                )
            ],
            source=self.options["set"],
            metadata=metadata,
            labels=[self._label(record, paragraph)],
        )

    def _label(self, record: Json, paragraph: str) -> ParsedLabel:
        listed = list_of(record, "fine_grained_edits")
        edits = [object_of(one, f"edit {n}") for n, one in enumerate(listed, start=1)]
        places = places_of(edits, paragraph, text_of(record, "postedit", default=""))
        faults = [f"edit {n}: {one}" for n, one in enumerate(places, 1) if isinstance(one, str)]
        placed = [
            (f"edit {number}", edit, place)
            for number, (edit, place) in enumerate(zip(edits, places, strict=True), start=1)
            if not isinstance(place, str)
        ]
        answers: Json = {}
        for asked in (self._marks(placed, paragraph), self._changes(placed, paragraph, record)):
            if isinstance(asked, Marks):
                answers |= asked.answer(clean=[] if edits else [0])
            elif asked is not None:
                answers |= asked.answer(unchanged=[] if edits else [0])
            # What is told of its span already is not told again of an edit.
            faults += [one for one in (asked.faults if asked else ()) if one not in faults]
        return ParsedLabel(
            annotator=self._annotator(record),
            answers=answers,
            raw={name: record[name] for name in sorted(OF_LABEL) if name in record},
            faults=faults,
        )

    def _marks(self, placed: Sequence[Placed], paragraph: str) -> Marks | None:
        """The edits that take something away, as spans."""
        question, labels = self.form.spans, self.names[0]
        if question is None or labels is None:
            return None
        marks = Marks(question, Texts([paragraph]), labels, names_of_severities(question))
        for what, edit, (start, end) in placed:
            if start < end:
                marks.span(what, {"completion": 0}, start, end, edit.get("categorization"))
        return marks

    def _changes(self, placed: Sequence[Placed], paragraph: str, record: Json) -> Edits | None:
        question, labels = self.form.edit, self.names[1]
        if question is None or labels is None:
            return None
        changes = Edits(question, Texts([paragraph]), labels)
        for what, edit, place in placed:
            label = edit.get("categorization") or None
            changes.add(what, 0, *place, edit.get("editedText"), label=label)
        if scores := list_of(record, "creativity_scores"):
            changes.score("creativity_scores", 0, *[*scores, None][:2])
        return changes

    def _annotator(self, record: Json) -> str:
        """Named, or the first part of the id: ``W1`` of ``W1_batch1``."""
        given = record.get("id")
        of_id = given.split("_")[0] if isinstance(given, str) else ""
        default = self.options["annotator"] or of_id or "lamp"
        return text_of(record, "annotator", default=default, longest=LONGEST_NAME)


IMPORTER = LampImport


def places_of(edits: Sequence[Json], before: str, after: str) -> list[Range | str]:
    """Where in ``before`` each edit is; or why that cannot be said."""
    candidates = [_candidates(edit, before) for edit in edits]
    open_ = [n for n, found in enumerate(candidates) if len(found) > 1]
    told = _told_by(after, before, edits, candidates) if open_ and after else None
    return [
        _place(edit, found, None if told is None else told[number])
        for number, (edit, found) in enumerate(zip(edits, candidates, strict=True))
    ]


def _place(edit: Json, candidates: Sequence[Range], told: Range | None) -> Range | str:
    if told is not None:
        return told
    if len(candidates) == 1:
        return candidates[0]
    quoted = brief(edit.get("originalText"))
    if candidates:
        return (
            f"{quoted} stands {len(candidates)} times in 'preedit'; give 'start' and 'end' with it"
        )
    return (
        f"{quoted} does not stand in 'preedit'; quote it word for word, or give 'start' and 'end'"
    )


def _candidates(edit: Json, text: str) -> list[Range]:
    start, end, quoted = edit.get("start"), edit.get("end"), edit.get("originalText")
    if type(start) is int and type(end) is int and text[start:end] == (quoted or text[start:end]):
        return [(start, end)]
    if not isinstance(quoted, str) or not quoted:
        return []
    found, at = [], text.find(quoted)
    while at >= 0:
        found.append((at, at + len(quoted)))
        at = text.find(quoted, at + 1)
    return found


def _told_by(
    after: str, before: str, edits: Sequence[Json], candidates: Sequence[Sequence[Range]]
) -> Sequence[Range] | None:
    """The only choice of places by which all edits together lead to ``after``."""
    if not all(candidates) or not all(isinstance(one.get("editedText"), str) for one in edits):
        return None
    found: Sequence[Range] | None = None
    ways = islice(product(*candidates), MOST_WAYS + 1)
    for number, places in enumerate(ways):
        if number == MOST_WAYS:
            return None
        if _made(before, edits, places) == after:
            if found is not None:
                return None
            found = places
    return found


def _made(text: str, edits: Sequence[Json], places: Sequence[Range]) -> str | None:
    """``text`` with edits at these places; None where they overlap."""
    order = sorted(range(len(edits)), key=lambda n: places[n])
    if any(places[a][1] > places[b][0] for a, b in pairwise(order)):
        return None
    return edited(
        text,
        (
            {
                "start": places[n][0],
                "end": places[n][1],
                "replacement": edits[n]["editedText"],
            }
            for n in order
        ),
    )


# ------------------------------------------------------------------------------------------ export


class LampExport(ArrayExporter):
    name = "lamp"
    title = "LAMP edits"
    about = "A record for each annotator's edits of a completion, with the text before and after."
    settings = (SOURCE,)

    def __init__(
        self, questions: Questions, options: Mapping[str, str], setting: Setting | None = None
    ) -> None:
        super().__init__(questions, options, setting)
        self.edit = self.asked("edit", preset="edit")
        self.labels = names_of_labels(self.edit)

    def row(self, item: ExportedItem) -> Json | None:
        return next(iter(self.rows(item)), None)

    def rows(self, item: ExportedItem) -> list[Json]:
        labels = labels_of(item, self.options["source"], self.edit.name)
        found = [row for label in labels for row in self._of_label(item, label)]
        if not found:
            self.left_out[NO_LABEL] += 1
        return found

    def _of_label(self, item: ExportedItem, label: ExportedLabel) -> Iterator[Json]:
        answer = label.answers[self.edit.name]
        for place, completion in enumerate(item.completions):
            edits = [one for one in answer["edits"] if one["completion"] == place]
            score: Json = next(
                (s for s in answer.get("scores", ()) if s["completion"] == place), {}
            )
            if not edits and not score and place not in answer.get("unchanged", ()):
                continue
            several = len(item.completions) > 1
            yield {
                "item_id": f"{item.key}#{place + 1}" if several else item.key,
                "id": f"{label.annotator}_{item.key}",
                "annotator": label.annotator,
                "instruction": item.prompt,
                "preedit": completion.text,
                "postedit": edited(completion.text, edits),
                "source": completion.generator,
                **{n: v for n, v in item.metadata.items() if n not in READ | OF_LABEL},
                "fine_grained_edits": [self._edit(one) for one in edits],
                "creativity_scores": [
                    str(score[name]) for name in ("initial", "final") if name in score
                ],
            }

    def _edit(self, edit: Json) -> Json:
        label = edit.get("label")
        return {
            "originalText": edit["text"],
            "editedText": edit["replacement"],
            "categorization": "" if label is None else self.labels.words.get(label, label),
            "start": edit["start"],
            "end": edit["end"],
        }


EXPORTER = LampExport
