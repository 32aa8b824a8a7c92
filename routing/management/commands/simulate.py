"""Replays routing policies on finished items."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management import CommandError
from tqdm import tqdm

from annotate.management.project_command import ExampleCommand, project_named
from routing.policies import POLICIES


def _budgets(text: str) -> list[float]:
    try:
        budgets = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r}; write shares with commas, such as 0,0.25,1") from error
    for budget in budgets:
        if not 0 <= budget <= 1:
            raise ArgumentTypeError(f"{budget:g} is no share; write numbers between 0 and 1")
    return budgets


def _policies(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in POLICIES:
            raise ArgumentTypeError(
                f"there is no policy {name!r}; use some of {', '.join(POLICIES)}"
            )
    return names


def _share(text: str) -> float:
    if not 0 < (share := float(text)) < 1:
        raise ArgumentTypeError(f"{text}; write a share between 0 and 1")
    return share


def _count(text: str) -> int:
    if (count := int(text)) < 1:
        raise ArgumentTypeError(f"{text}; write 1 or more")
    return count


def _seed(text: str) -> int:
    if (seed := int(text)) < 0:
        raise ArgumentTypeError(f"{text}; write 0 or more")
    return seed


class Command(ExampleCommand):
    help = (
        "Replay policies on the items that people and a judge have labelled: accuracy of a reward "
        "model on held-out prompts against the share of people's labels it may learn from."
    )

    example = (
        "  manage.py simulate helpful --judge gpt-4 --policies confidence --budgets 0,0.25,0.5,1\n"
        "  manage.py simulate helpful --judge gpt-4 --repeats 50 --seed 1 --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument(
            "--judge", required=True, metavar="NAME", help="an LLM annotator, imported or our own"
        )
        parser.add_argument(
            "--policies",
            type=_policies,
            default=list(POLICIES),
            metavar="NAMES",
            help=f"with commas, of {', '.join(POLICIES)}; random is always added",
        )
        parser.add_argument(
            "--budgets",
            type=_budgets,
            default=[0.0, 0.25, 0.5, 1.0],
            metavar="SHARES",
            help="shares of the training items whose people's labels may be used, with commas",
        )
        parser.add_argument("--repeats", type=_count, default=20, metavar="N")
        parser.add_argument("--seed", type=_seed, default=0, metavar="S")
        parser.add_argument(
            "--held-out", type=_share, default=0.3, metavar="SHARE", help="of the prompts"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, project: str, judge: str, **options: Any) -> None:
        target = project_named(project)
        from routing import simulation
        from routing.artefacts import NoPreference

        bars = _Bars()
        try:
            annotator = simulation.judge_named(target, judge)
            data = simulation.finished(target, annotator, progress=bars.of("encoding"))
            result = simulation.simulate(
                data,
                policies=options["policies"],
                budgets=options["budgets"],
                repeats=options["repeats"],
                seed=options["seed"],
                held_out=options["held_out"],
                progress=bars.of("repeats"),
            )
        except (simulation.NoSuchJudge, simulation.TooLittle, NoPreference) as fault:
            raise CommandError(str(fault)) from fault
        finally:
            bars.close()
        result = {"project": target.slug, "judge": judge} | result
        self.stdout.write(json.dumps(result) if options["json"] else _table(result))


class _Bars:
    """Progress on a terminal, one bar after the other."""

    def __init__(self) -> None:
        self._bars: dict[str, Any] = {}

    def of(self, name: str) -> Any:
        def show(done: int, total: int) -> None:
            if name not in self._bars:
                hidden = not sys.stderr.isatty()
                self._bars[name] = tqdm(desc=name, total=total, disable=hidden)
            self._bars[name].update(done - self._bars[name].n)

        return show

    def close(self) -> None:
        for bar in self._bars.values():
            bar.close()


def _table(result: dict[str, Any]) -> str:
    first = result["rows"][0]
    about = (
        f"{result['items']} items with {result['prompts']} prompts, {first['repeats']} splits: "
        f"about {first['n_train']} to learn from, {first['n_test']} held out. "
        f"Judge: {result['judge']}."
    )
    lines = [
        about,
        "",
        f"{'policy':<12} {'budget':>7} {'human share':>12}  {'accuracy':<10}  against random",
    ]
    gains = {(row["policy"], row["budget"]): row for row in result["against_random"]}
    for row in result["rows"]:
        gain = gains.get((row["policy"], row["budget"]))
        said = _percent(gain["difference"], gain["se"], sign="+") if gain else ""
        line = (
            f"{row['policy']:<12} {row['budget']:>7.2f} {row['human_share']:>12.3f}  "
            f"{_percent(row['accuracy'], row['se']):<10}  {said}"
        )
        lines.append(line.rstrip())
    lines.append("")
    lines += [f"{name:<33}  {100 * value:.1f}" for name, value in result["baselines"].items()]
    return "\n".join(lines + result["notes"])


def _percent(value: float, error: float | None, *, sign: str = "") -> str:
    return f"{100 * value:{sign}.1f}" + ("" if error is None else f" ± {100 * error:.1f}")
