"""Has a judge label its items now."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from tqdm import tqdm

from annotate.aggregation import aggregate_stale
from annotate.management.project_command import ExampleCommand, project_named
from annotate.models import Project
from routing import judging
from routing.judges.base import InvalidJudge
from routing.judges.calls import Came
from routing.judges.quality import as_json, quality
from routing.judges.stretch import Counts
from routing.models import Judge


class Command(ExampleCommand):
    help = "Have a judge label the items that are for it, and wait until it is done."

    example = (
        "  manage.py judge helpful --judge offline\n  manage.py judge helpful --judge mini --all"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="its slug")
        parser.add_argument(
            "--judge", required=True, metavar="NAME", help="the newest version of it"
        )
        parser.add_argument("--all", action="store_true", help="all items, whoever they are for")
        parser.add_argument(
            "--again", action="store_true", help="also those that it failed on before"
        )
        parser.add_argument("--limit", type=int, metavar="N", help="calls at most")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, project: str, again: bool, limit: int | None, **options: Any) -> None:
        if limit is not None and limit < 1:
            raise CommandError(f"--limit {limit} is too small; ask for 1 or more.")
        judge = judge_named(project_named(project), options["judge"])
        try:
            counts = self._judge(judge, everything=options["all"], again=again, limit=limit)
        except InvalidJudge as fault:
            raise CommandError(str(fault)) from fault
        figures = as_json(quality(judge))
        if options["json"]:
            done = {"calls": counts.calls, "lost": counts.lost, "items": dict(counts.items)}
            spent = {"cost_usd": float(counts.cost_usd), "faults": dict(counts.faults)}
            self.stdout.write(
                json.dumps({"judge": str(judge), **done, **spent, "quality": figures})
            )
        else:
            self._report(judge, counts, figures)
        if counts.blocked:
            raise CommandError(f"{judge} stands still: {counts.blocked}")

    def _judge(self, judge: Judge, *, everything: bool, again: bool, limit: int | None) -> Counts:
        while aggregate_stale(judge.project):  # people's majorities, which it is measured against
            pass
        judging.resume(judge)
        if again:
            judging.ask_again(judge)
        if everything:
            judging.want_all(judge)
        judging.plan_all(judge)
        total = judging.waiting_calls(judge)
        with tqdm(
            total=total if limit is None else min(total, limit),
            unit="call",
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
        ) as bar:

            def show(came: Came) -> None:
                bar.update()

            return judging.judge_items(judge, limit=limit, on_call=show)

    def _report(self, judge: Judge, counts: Counts, figures: dict[str, Any]) -> None:
        items = counts.items
        self.stdout.write(
            f"{judge}: {counts.calls} calls, {items['labelled']} items labelled, "
            f"{items['undecided']} undecided, {items['failed']} failed, "
            f"{counts.lost} calls lost, {counts.cost_usd:.6f} USD."
        )
        for fault, number in counts.faults.most_common():
            self.stdout.write(f"  {fault}: {number}")
        agreement = figures["agreement"]
        if agreement["n"]:
            self.stdout.write(
                f"Agrees with people on {agreement['value']:.1%} of {agreement['n']} items "
                f"(95 %: {agreement['low']:.1%} to {agreement['high']:.1%}; ties left out)."
            )


def judge_named(project: Project, name: str) -> Judge:
    """The active version. Raises ``CommandError`` that names the judges there are."""
    judges = Judge.objects.filter(project=project).select_related(
        "project", "annotator", "form", "guidelines"
    )
    found = judges.filter(name=name).order_by("-active", "-version").first()
    if found is None:
        known = ", ".join(sorted(set(judges.values_list("name", flat=True))))
        remedy = f"there are: {known}." if known else "make one with create_judge."
        raise CommandError(f"There is no judge {name!r} in {project.slug}; {remedy}")
    return found
