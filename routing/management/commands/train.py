"""Trains a reward model and prints how well it does."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from tqdm import tqdm

from annotate.management.project_command import ExampleCommand, project_named
from routing.learning import ENCODER, RECIPE, Settings, train
from routing.models import RewardModel
from routing.ranking import apply_promoted


class Command(ExampleCommand):
    help = (
        "Train a reward model on all labels, evaluate it out of fold, promote it unless it is worse, "
        "and re-rank the open items."
    )

    example = "  manage.py train helpful\n  manage.py train helpful --json"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument("--recipe", default=RECIPE, metavar="R", help="default: %(default)s")
        parser.add_argument(
            "--encoder",
            default=ENCODER,
            metavar="NAME",
            help="a folder or a model of the Hugging Face hub; default: %(default)s",
        )
        parser.add_argument("--seed", type=int, default=0, help="of the intervals")
        parser.add_argument("--json", action="store_true", help="print the metrics as JSON")

    def handle(self, *, project: str, **options: Any) -> None:
        from routing.artefacts import NoPreference
        from routing.rewards.encode import UnknownEncoder
        from routing.rewards.recipes import UnknownRecipe
        from routing.rewards.train import NothingToLearn

        target = project_named(project)
        settings = Settings(options["recipe"], options["encoder"], options["seed"])
        with tqdm(unit=" texts", desc="encode", disable=not sys.stderr.isatty()) as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            try:
                model = train(target, settings, progress=show)
            except (NoPreference, NothingToLearn, UnknownEncoder, UnknownRecipe) as fault:
                raise CommandError(str(fault)) from fault
        ranked = apply_promoted(target)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(model) | {"ranked": ranked}))
        else:
            self.stdout.write("\n".join(in_words(model)))


def as_json(model: RewardModel) -> dict[str, Any]:
    facts = {
        "project": model.project.slug,
        "version": model.version,
        "promoted": model.promoted,
        "verdict": model.verdict,
        "recipe": model.recipe,
        "encoder": model.encoder,
        "snapshot": model.snapshot.number,
        "code_version": model.code_version,
        "libraries": model.libraries,
        "seconds_spent": model.seconds_spent,
    }
    return {**facts, **model.metrics}


def in_words(model: RewardModel) -> list[str]:
    metrics = model.metrics
    lines = [
        f"Version {model.version}: {metrics['trained_on']['pairs']} pairs, {model.seconds_spent:.1f} s.",
        model.verdict,
        "",
        f"{'':<28}{'value':>8}   95 % interval",
        _line("accuracy", metrics["accuracy"]),
    ]
    for name, baseline in metrics["baselines"].items():
        lines.append(_line(f"  {name}", baseline["accuracy"]))
        lines.append(_line("    model less that", baseline["difference"]))
    lines += [_line(name, metrics[name]) for name in ("log_loss", "brier", "ece")]
    lines.append(
        f"On {metrics['decided']} decided pairs of {metrics['prompts']} prompts, out of fold, "
        f"against {metrics['against']}."
    )
    return lines


def _line(name: str, figure: dict[str, float] | None) -> str:
    if figure is None:
        return f"{name:<28}{'-':>8}"
    return f"{name:<28}{figure['value']:>8.3f}   {figure['low']:.3f} to {figure['high']:.3f}"
