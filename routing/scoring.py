"""Rewards for texts that are asked for: by programs through the API, and for files by a command.

The web process stores a request and a worker answers it, since only workers have torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone

from annotate.formats.base import BadLine, list_of, messages_of, object_of, text_of, user_turn
from annotate.hashes import prompt_hash, text_hash
from routing.models import RewardModel, ScoreRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from annotate.models import Project
    from routing.rewards.head import Head

# Told to whoever listens when a request is answered; the payload is its id.
CHANNEL = "tandem_scored"


class NoModel(Exception):
    """The project has no such reward model."""


def model_of(project: Project, version: int | None = None) -> RewardModel:
    """A version, or the promoted one. Raises ``NoModel``."""
    models = RewardModel.objects.filter(project=project)
    if version is None:
        promoted = models.promoted_for(project)
        if promoted is None:
            raise NoModel(f"{project} has no reward model yet; train one first.")
        return promoted
    found = models.filter(version=version).first()
    if found is None:
        known = ", ".join(map(str, models.order_by("version").values_list("version", flat=True)))
        raise NoModel(f"{project} has no version {version}; it has {known or 'none'}.")
    return found


@dataclass(frozen=True)
class Asked:
    """One prompt with the completions to score."""

    prompt: str
    prompt_hash: str
    completions: Sequence[str]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Asked:
        """From ``prompt`` or ``messages``, ``contexts``, ``completion`` or ``completions``.

        Raises ``BadLine``.
        """
        from routing.artefacts import prompt_text

        if ("prompt" in row) == ("messages" in row):
            raise BadLine("it needs either 'prompt' or 'messages'; give one of them")
        if ("completion" in row) == ("completions" in row):
            raise BadLine("it needs either 'completion' or 'completions'; give one of them")
        messages = (
            user_turn(text_of(row, "prompt")) if "prompt" in row else messages_of(row["messages"])
        )
        contexts = [object_of(context, "a context") for context in list_of(row, "contexts")]
        if "completion" in row:
            completions = [text_of(row, "completion")]
        else:
            completions = [_completion(one) for one in list_of(row, "completions")]
        return cls(prompt_text(messages, contexts), prompt_hash(messages, contexts), completions)


def _completion(value: object) -> str:
    return value if isinstance(value, str) else text_of(object_of(value, "a completion"), "text")


def rewards(head: Head, rows: Sequence[Asked]) -> list[list[tuple[float, float]]]:
    """Reward and its standard deviation for every completion of every row.

    Texts that the project has not stored are encoded and forgotten.
    """
    from routing.artefacts import Written, vectors_for

    texts = [text for row in rows for text in row.completions]
    written = Written(
        [row.prompt for row in rows for _ in row.completions],
        [row.prompt_hash for row in rows for _ in row.completions],
        texts,
        [text_hash(text) for text in texts],
    )
    found = vectors_for(head, written.by_hash(), keep=False)
    prompts, side = written.prompt_vectors(found), written.side(found)
    scored = zip(
        head.scores(prompts, side).tolist(), head.spreads(prompts, side).tolist(), strict=True
    )
    return [[next(scored) for _ in row.completions] for row in rows]


def due_projects() -> list[int]:
    waiting = ScoreRequest.objects.filter(state=ScoreRequest.State.WAITING)
    return list(waiting.values_list("project_id", flat=True).distinct())


def answer_one(project: Project) -> bool:
    """Answer the oldest waiting request; whether there was one. Twice does no harm."""
    waiting = ScoreRequest.objects.filter(project=project, state=ScoreRequest.State.WAITING)
    request = waiting.select_related("reward_model").order_by("pk").first()
    if request is None:
        return False
    answer = _answer(project, request)
    with transaction.atomic(), connection.cursor() as cursor:
        if waiting.filter(pk=request.pk).update(**answer, finished_at=timezone.now()):
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(request.pk)])
    return True


def _answer(project: Project, request: ScoreRequest) -> dict[str, Any]:
    """The columns that answer a request, or say why it cannot be answered."""
    from routing.artefacts import EncoderChanged, head_of

    try:
        model = request.reward_model or model_of(project)
        scored = rewards(head_of(model), [Asked.of(row) for row in request.rows])
    except (BadLine, NoModel, EncoderChanged) as fault:
        return {"state": ScoreRequest.State.FAILED, "fault": str(fault)}
    return {
        "state": ScoreRequest.State.DONE,
        "reward_model": model,
        "rewards": [
            {"reward": reward, "spread": spread} for reward, spread in chain.from_iterable(scored)
        ],
    }
