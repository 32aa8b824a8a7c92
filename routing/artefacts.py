"""The only door between reward models and the database: vectors of texts, labelled pairs, heads.

It imports torch, so whoever also runs in the web process imports it inside a function.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection, transaction

from annotate.models import Annotation, Annotator, Completion, Item, Project, Snapshot
from annotate.snapshots import current_ids, unpack_ids
from routing.models import RewardModel
from routing.rewards.encode import BUNDLED, Encoder, UnknownEncoder
from routing.rewards.features import Side, surface
from routing.rewards.head import Head
from routing.rewards.train import LabelledPairs

if TYPE_CHECKING:
    from annotate.questions import Question
    from routing.rewards.arrays import BoolArray, FloatArray, IntArray

PAGE = 5000
# Texts that are encoded before their vectors are stored: a killed worker loses no more.
STORED_AT_A_TIME = 1024
HASH_LENGTH = 64
LONGEST_NAME = 120  # that an encoder may have
FIRST, TIE, SECOND = range(3)

Progress = Callable[[int, int], None]


class NoPreference(Exception):
    """The project asks for no preference, so there are no pairs to learn from."""


class EncoderChanged(Exception):
    """The encoder cuts or pools texts otherwise than when a head was trained on it."""


# --------------------------------------------------------------------------------------- vectors


@lru_cache(maxsize=2)
def encoder_named(name: str) -> Encoder:
    """Raises ``UnknownEncoder``."""
    if len(name) > LONGEST_NAME:
        raise UnknownEncoder(f"“{name}” is longer than {LONGEST_NAME} characters; move the folder.")
    return Encoder(name)


@dataclass(frozen=True)
class Vectors:
    """Unit vectors (n, e) of texts that are known by their hashes; ``place`` is a hash's row.

    ``encoded`` counts those that were not stored yet, ``windowed`` the ones among them that were
    too long for one window.
    """

    matrix: FloatArray
    place: Mapping[str, int]
    encoded: int = 0
    windowed: int = 0

    def of(self, hashes: Sequence[str]) -> FloatArray:
        return self.matrix[[self.place[name] for name in hashes]]


def vectors(
    texts: Mapping[str, str],
    encoder: str = BUNDLED,
    *,
    keep: bool = True,
    progress: Progress | None = None,
) -> Vectors:
    """Vectors of ``texts`` (by hash): those that are stored, and the rest encoded now.

    ``keep`` stores what is new, a thousand texts at a time. Raises ``UnknownEncoder``.
    """
    model = encoder_named(encoder)
    hashes = list(texts)
    place = {name: row for row, name in enumerate(hashes)}
    matrix = np.zeros((len(hashes), model.dimension), dtype=np.float32)
    stored = read_embeddings(hashes, model, into=matrix, place=place)
    missing = sorted((name for name in hashes if name not in stored), key=lambda n: len(texts[n]))
    before = model.windowed
    for start in range(0, len(missing), STORED_AT_A_TIME):
        names = missing[start : start + STORED_AT_A_TIME]
        encoded = model.encode([texts[name] for name in names])
        matrix[[place[name] for name in names]] = encoded
        if keep:
            store_embeddings(names, encoded, model)
        if progress is not None:
            progress(start + len(names), len(missing))
    return Vectors(matrix, place, len(missing), model.windowed - before)


def vectors_for(head: Head, texts: Mapping[str, str], *, keep: bool = True) -> Vectors:
    """Vectors that ``head`` understands. Raises ``EncoderChanged``, ``UnknownEncoder``."""
    now = encoder_named(head.encoder).window
    if now != head.window:
        raise EncoderChanged(
            f"Encoder “{head.encoder}” reads {now} now, not {head.window}; train a new version."
        )
    return vectors(texts, head.encoder, keep=keep)


_READ = """
    COPY (SELECT text_hash, vector FROM routing_embedding
    WHERE encoder = %s AND "window" = %s AND text_hash = ANY(%s)) TO STDOUT (FORMAT BINARY)
"""
_HEADER_BYTES = 19  # of a binary COPY: signature, flags, length of the extension
_MAKE_NEW = """
    CREATE TEMPORARY TABLE new_embedding (text_hash text, vector vector) ON COMMIT DROP
"""
_WRITE_NEW = "COPY new_embedding FROM STDIN (FORMAT BINARY)"
_KEEP_NEW = """
    INSERT INTO routing_embedding (text_hash, encoder, "window", vector)
    SELECT text_hash, %s, %s, vector FROM new_embedding ON CONFLICT DO NOTHING
"""


def _layout(dimension: int) -> np.dtype[Any]:
    """A row of a binary COPY: two fields, each after its length; numbers are big-endian."""
    return np.dtype(
        [
            ("fields", ">i2"),
            ("hash_bytes", ">i4"),
            ("hash", f"S{HASH_LENGTH}"),
            ("vector_bytes", ">i4"),
            ("dimension", ">i2"),
            ("unused", ">i2"),
            ("vector", ">f4", (dimension,)),
        ]
    )


def read_embeddings(
    hashes: Sequence[str], model: Encoder, *, into: FloatArray, place: Mapping[str, int]
) -> set[str]:
    """Put the stored vectors into their rows; the hashes that there were."""
    layout, found = _layout(model.dimension), set()
    for start in range(0, len(hashes), PAGE):
        wanted = [model.name, model.window, list(hashes[start : start + PAGE])]
        # psycopg's own cursor: Django's wrapper for DEBUG takes no parameters with a COPY.
        with connection.cursor() as cursor, cursor.cursor.copy(_READ, wanted) as copy:
            stream = b"".join(bytes(part) for part in copy)
        count = (len(stream) - _HEADER_BYTES) // layout.itemsize
        rows = np.frombuffer(stream, dtype=layout, count=count, offset=_HEADER_BYTES)
        names = [name.decode() for name in rows["hash"].tolist()]
        into[[place[name] for name in names]] = rows["vector"]
        found.update(names)
    return found


@transaction.atomic
def store_embeddings(hashes: Sequence[str], encoded: FloatArray, model: Encoder) -> None:
    """Add vectors (n, e); those that another worker has stored meanwhile stay."""
    rows = np.zeros(len(hashes), dtype=_layout(model.dimension))
    rows["fields"], rows["hash_bytes"], rows["hash"] = 2, HASH_LENGTH, list(hashes)
    rows["vector_bytes"], rows["dimension"] = 4 + 4 * model.dimension, model.dimension
    rows["vector"] = encoded
    with connection.cursor() as cursor:
        cursor.execute(_MAKE_NEW)
        with cursor.copy(_WRITE_NEW) as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff")
        cursor.execute(_KEEP_NEW, [model.name, model.window])
        cursor.execute("DROP TABLE new_embedding")


# ---------------------------------------------------------------------------------------- texts


def prompt_text(
    messages: Sequence[Mapping[str, Any]], contexts: Sequence[Mapping[str, Any]]
) -> str:
    """A prompt as the encoder reads it: the passages, then the turns, roles named when several."""
    parts = ["\n".join(filter(None, (c.get("title"), c.get("text")))) for c in contexts]
    if len(messages) == 1:
        parts.append(str(messages[0]["content"]))
    else:
        parts += [f"{turn['role']}: {turn['content']}" for turn in messages]
    return "\n\n".join(parts)


@dataclass(frozen=True)
class Written:
    """n completions with their prompts, as texts and by the hashes that their vectors have."""

    prompts: Sequence[str]
    prompt_hashes: Sequence[str]
    texts: Sequence[str]
    hashes: Sequence[str]

    def by_hash(self) -> dict[str, str]:
        prompts = dict(zip(self.prompt_hashes, self.prompts, strict=True))
        return prompts | dict(zip(self.hashes, self.texts, strict=True))

    def prompt_vectors(self, found: Vectors) -> FloatArray:
        return found.of(self.prompt_hashes)

    def side(self, found: Vectors) -> Side:
        return Side(found.of(self.hashes), surface(self.prompts, self.texts))


@dataclass(frozen=True)
class Pairs:
    """n pairs of completions that a project compares; ``items`` are the items' ids."""

    items: IntArray
    evaluation: BoolArray
    first: Written
    second: Written

    @property
    def keys(self) -> Sequence[str]:
        """The prompts' hashes, by which folds go."""
        return self.first.prompt_hashes

    def by_hash(self) -> dict[str, str]:
        return self.first.by_hash() | self.second.by_hash()


def comparison(project: Project) -> Question[Any]:
    """The question that reward models learn from. Raises ``NoPreference``."""
    question = project.questions.main_preference()
    if question is None:
        raise NoPreference(f"{project} asks for no preference; there is nothing to learn from.")
    return question


@dataclass(frozen=True)
class _Row:
    item: int
    prompt: str
    prompt_hash: str
    evaluation: bool
    first: tuple[str, str]
    second: tuple[str, str]


def pairs_of(project: Project, items: Iterable[int]) -> Pairs:
    """The compared pairs of ``items``, in the order of the items' ids."""
    wanted = sorted(set(items))
    positions = comparison(project).config.pair
    rows: list[_Row] = []
    for start in range(0, len(wanted), PAGE):
        rows += _rows(project, wanted[start : start + PAGE], positions)
    prompts, hashes = [row.prompt for row in rows], [row.prompt_hash for row in rows]
    first, second = (
        Written(prompts, hashes, [text for text, _ in side], [name for _, name in side])
        for side in ([row.first for row in rows], [row.second for row in rows])
    )
    return Pairs(
        np.array([row.item for row in rows], dtype=np.int64),
        np.array([row.evaluation for row in rows], dtype=np.bool_),
        first,
        second,
    )


def _rows(project: Project, items: Sequence[int], positions: Sequence[int]) -> Iterator[_Row]:
    completions = {
        (item, position): (text, name)
        for item, position, text, name in Completion.objects.filter(
            item__in=items, position__in=positions
        ).values_list("item_id", "position", "text", "text_hash")
    }
    found = Item.objects.filter(pk__in=items, project=project).order_by("pk")
    for pk, name, messages, contexts, evaluation in found.values_list(
        "pk", "prompt_hash", "messages", "contexts", "evaluation"
    ):
        first, second = (completions.get((pk, position)) for position in positions)
        if first is not None and second is not None:
            yield _Row(pk, prompt_text(messages, contexts), name, evaluation, first, second)


# ---------------------------------------------------------------------------------------- labels


@dataclass(frozen=True)
class Vote:
    """One annotation's answer to the compared question; ``side`` is FIRST, TIE or SECOND."""

    annotation: int
    item: int
    annotator: int
    human: bool
    review: bool
    side: int


@dataclass(frozen=True)
class Labels:
    """The pairs that have labels. Votes are counted for the first, a tie, the second: (n, 3).

    Where an item was reviewed, the last review is its only vote of people.
    """

    pairs: Pairs
    people: FloatArray
    judges: FloatArray
    by_judge: Mapping[str, FloatArray]
    votes: Sequence[Vote]

    @property
    def training(self) -> FloatArray:
        """People's votes where there are any, else the judges'; these never in the evaluation share."""
        judged = (self.people.sum(axis=1) == 0) & ~self.pairs.evaluation
        return np.asarray(self.people + self.judges * judged[:, None])

    @property
    def by_people(self) -> BoolArray:
        return np.asarray(self.people.sum(axis=1) > 0)

    def labelled(self, found: Vectors, votes: FloatArray, mask: BoolArray) -> LabelledPairs:
        """The rows of ``mask`` with their ``votes`` (n, 3) as targets, ready to train on."""
        chosen = self.pairs if mask.all() else only(self.pairs, mask)
        counted = votes[mask]
        totals = counted.sum(axis=1)
        return LabelledPairs(
            prompts=chosen.first.prompt_vectors(found),
            first=chosen.first.side(found),
            second=chosen.second.side(found),
            keys=chosen.keys,
            targets=(counted[:, FIRST] + counted[:, TIE] / 2) / np.maximum(totals, 1),
            weights=totals,
        )


def only(pairs: Pairs, mask: BoolArray) -> Pairs:
    def kept(written: Written) -> Written:
        parts = (written.prompts, written.prompt_hashes, written.texts, written.hashes)
        return Written(
            *([x for x, wanted in zip(part, mask, strict=True) if wanted] for part in parts)
        )

    return Pairs(pairs.items[mask], pairs.evaluation[mask], kept(pairs.first), kept(pairs.second))


def labels_of(project: Project, snapshot: Snapshot | None = None) -> Labels:
    """The labels in a snapshot, or all current ones. Raises ``NoPreference``."""
    question = comparison(project)
    ids = list(current_ids(project)) if snapshot is None else unpack_ids(snapshot.annotation_ids)
    votes = _votes(ids, question.name)
    pairs = pairs_of(project, (vote.item for vote in votes))
    rows = {int(item): row for row, item in enumerate(pairs.items)}
    votes = [vote for vote in votes if vote.item in rows]
    people, judges = np.zeros((len(rows), 3)), np.zeros((len(rows), 3))
    reviews = {vote.item: vote for vote in votes if vote.review}
    names = _judge_names(votes)
    by_judge = {name: np.full(len(rows), np.nan) for name in names.values()}
    for vote in votes:
        row = rows[vote.item]
        if vote.human and reviews.get(vote.item, vote) is vote:
            people[row, vote.side] += 1
        elif not vote.human:
            judges[row, vote.side] += 1
            by_judge[names[vote.annotator]][row] = TIE - vote.side
    return Labels(pairs, people, judges, by_judge, votes)


def _votes(ids: Sequence[int], question: str) -> list[Vote]:
    """In the order of the annotations' ids, so that the last of several is the newest."""
    votes = []
    for start in range(0, len(ids), PAGE):
        found = Annotation.objects.filter(pk__in=ids[start : start + PAGE]).order_by("pk")
        for pk, item, annotator, kind, purpose, value in found.values_list(
            "pk",
            "item_id",
            "annotator_id",
            "annotator__kind",
            "purpose",
            f"answers__{question}__value",
        ):
            if value is not None:
                votes.append(
                    Vote(
                        annotation=pk,
                        item=item,
                        annotator=annotator,
                        human=kind == Annotator.Kind.HUMAN,
                        review=purpose == Annotation.Purpose.REVIEW,
                        side=TIE + (value > 0) - (value < 0),
                    )
                )
    return votes


def _judge_names(votes: Iterable[Vote]) -> dict[int, str]:
    ids = {vote.annotator for vote in votes if not vote.human}
    return {judge.pk: str(judge) for judge in Annotator.objects.filter(pk__in=ids).order_by("pk")}


# ----------------------------------------------------------------------------------------- heads


@lru_cache(maxsize=8)
def _head(pk: int) -> Head:
    return Head.from_bytes(bytes(RewardModel.objects.values_list("heads", flat=True).get(pk=pk)))


def head_of(model: RewardModel) -> Head:
    """Never changes once it is stored, so a worker keeps the last few."""
    return _head(model.pk)


@lru_cache(maxsize=1)
def code_version() -> str:
    """Names the code in ``routing/rewards`` by its content."""
    total = hashlib.sha256()
    for path in sorted((Path(__file__).parent / "rewards").glob("*.py")):
        total.update(path.read_bytes())
    return f"rewards-{total.hexdigest()[:12]}"
