"""Adds rewards to the rows of a JSON Lines file."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.core.management import CommandError
from tqdm import tqdm

from annotate.formats.base import BadLine, Json
from annotate.management.project_command import ExampleCommand, file_fault, project_named
from routing.models import RewardModel
from routing.scoring import Asked, NoModel, model_of, rewards

if TYPE_CHECKING:
    from annotate.models import Project

BATCH_LINES = 1000


class Command(ExampleCommand):
    help = (
        "Add a reward to each row of a JSON Lines file, to standard output. A row has a prompt (text) "
        "or messages (chat turns), and a completion (adds “reward”) or completions (adds “rewards”)."
    )

    example = (
        "  manage.py score helpful rows.jsonl > scored.jsonl\n"
        "  manage.py score helpful@3 - < rows.jsonl"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "project", metavar="PROJECT[@VERSION]", help="the promoted one by default"
        )
        parser.add_argument("file", metavar="FILE", help="- is standard input")

    def handle(self, *, project: str, file: str, **_: Any) -> None:
        model = self.model(project)
        bar = tqdm(unit=" rows", disable=not sys.stderr.isatty() or self.stdout.isatty())
        try:
            if file == "-":
                self.score(model, sys.stdin, bar)
            else:
                with open(file, encoding="utf-8", newline="\n") as lines:  # noqa: PTH123  # as Path would
                    self.score(model, lines, bar)
        except OSError as fault:
            raise file_fault(fault) from fault
        except UnicodeDecodeError as fault:
            raise CommandError(f"{file} is not UTF-8: {fault.reason}.") from fault

    def model(self, named: str) -> RewardModel:
        slug, _, version = named.partition("@")
        if version and not version.isdecimal():
            raise CommandError(f"Version {version!r} is no number; write {slug}@1, say.")
        project: Project = project_named(slug)
        try:
            return model_of(project, int(version) if version else None)
        except NoModel as fault:
            raise CommandError(str(fault)) from fault

    def score(self, model: RewardModel, lines: Iterable[str], bar: Any) -> None:
        from routing.artefacts import EncoderChanged, head_of

        head = head_of(model)
        numbered = enumerate(lines, start=1)
        while batch := list(islice(parsed(numbered), BATCH_LINES)):
            try:
                scored = rewards(head, [asked for _, asked in batch])
            except EncoderChanged as fault:
                raise CommandError(str(fault)) from fault
            for (row, _), of_row in zip(batch, scored, strict=True):
                self.stdout.write(json.dumps(row | _added(row, of_row), ensure_ascii=False))
            bar.update(len(batch))


def parsed(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[Json, Asked]]:
    """Rows as they stand and as they are scored; empty lines are passed over."""
    for number, line in lines:
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise BadLine("it is no object; write {…}")
            yield row, Asked.of(row)
        except (BadLine, json.JSONDecodeError) as fault:
            raise CommandError(f"Line {number}: {fault}.") from fault


def _added(row: Json, scored: list[tuple[float, float]]) -> Json:
    if "completion" in row:
        return {"reward": scored[0][0]}
    return {"rewards": [reward for reward, _ in scored]}
