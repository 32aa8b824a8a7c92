"""Prints how alike the people of a project answer, and how alike its judges and people do."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from annotate.agreement import detailed_agreement, project_agreement
from annotate.agreement.slices import DIMENSIONS
from annotate.management.project_command import ExampleCommand, project_named

NAMES = {
    "alpha": "Krippendorff's alpha",
    "alpha_sides": "alpha, sides only",
    "alpha_nominal": "alpha, nominal",
    "alpha_ordinal": "alpha, ordinal",
    "alpha_interval": "alpha, interval",
    "alpha_ratio": "alpha, ratio",
    "alpha_whole": "alpha, whole answers",
    "fleiss": "Fleiss' kappa",
    "ac1": "Gwet's AC1",
    "ac2": "Gwet's AC2, quadratic",
    "agreement": "agreement",
    "agreement_without_ties": "agreement without ties",
    "agreement_whole": "agreement, whole answers",
    "alpha_marked": "alpha, marked or not",
    "character_f1": "character F1",
    "character_f1_labels": "character F1, same label",
    "tolerant_f1": "F1 of spans, nearly",
    "exact_f1": "F1 of spans, exactly",
    "missing_f1": "F1 of what is missing",
    "agreement_any": "agreement, anything at all",
}
OF_JUDGES = {
    "agreement": "with a person",
    "agreement_people": "people with each other",
    "agreement_difference": "difference",
    "majority_of_others": "with people's majority",
    "majority_of_others_people": "a person, left out, with it",
    "majority_of_others_difference": "difference",
    "majority_without_ties": "with it, without ties",
    "cohen": "Cohen's kappa with it",
    "alpha": "alpha with a person",
    "alpha_people": "alpha of people",
    "agreement_with_judge": "agreement, judge included",
    "alpha_with_judge": "alpha, judge included",
    "character_f1": "character F1 with a person",
    "character_f1_all": "with a person, all items",
    "character_f1_people": "character F1 of two people",
    "character_f1_difference": "difference",
    "character_f1_labels": "same label, with a person",
    "character_f1_labels_people": "same label, two people",
    "character_f1_labels_difference": "difference",
}
OF_PAIRS = {name: NAMES[name] for name in ("character_f1", "character_f1_labels")}
Json = dict[str, Any]


class Command(ExampleCommand):
    help = "Print agreement between people per question, with 95 % intervals by item."
    example = "  manage.py agreement helpful --json\n  manage.py agreement helpful --by source"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--by",
            choices=(*DIMENSIONS, "pair", "judge", "time"),
            help="print the parts: slices of items, pairs of people, judges, or periods",
        )

    def handle(self, *, project: str, **options: Any) -> None:
        named, by = project_named(project), options["by"]
        if options["json"]:
            self.stdout.write(json.dumps(detailed_agreement(named)))
            return
        found = detailed_agreement(named) if by else project_agreement(named)
        if not found:
            self.stdout.write("No question that has values was answered twice for any item.")
        for question, figures in found.items():
            self.stdout.write(f"{question} ({figures['metric']}, {figures['labels']:,} labels)")
            for line in _parts(figures, by) if by else _whole(figures):
                self.stdout.write(f"  {line}")


def _whole(figures: Json) -> Iterator[str]:
    for name, words in NAMES.items():
        if name in figures:
            yield f"{words:<26}{_words(figures[name])}"
    if figures["without_value"]:
        yield f"{figures['without_value']:,} labels without a side count in whole answers alone"
    if "tolerance_characters" in figures:
        yield f"nearly: both ends at most {figures['tolerance_characters']} characters apart"
    for label, part in figures.get("by_label", {}).items():
        yield from _named(f"{label} ({part['spans']:,} spans)", part)


def _parts(figures: Json, by: str) -> Iterator[str]:
    if by == "pair":
        yield from _pairs(figures["pairs"])
    elif by == "judge":
        yield from _judges(figures["judges"])
    elif by == "time":
        yield f"by {figures['over_time']['by']} of an item's last label"
        for period in figures["over_time"]["periods"]:
            yield from _named(f"{period['from']} ({period['items']:,} items)", period)
    else:
        of = figures["slices"][by]
        for name, part in of["slices"].items():
            yield from _named(name, part)
        if of["left_out"]:
            yield f"{of['left_out']} more with too few items"


def _named(name: str, part: Json) -> Iterator[str]:
    yield name
    for key, words in NAMES.items():
        if key in part:
            yield f"  {words:<24}{_words(part[key])}"


def _pairs(found: Json) -> Iterator[str]:
    for pair in found["pairs"]:
        yield f"{pair['first']['name']} and {pair['second']['name']} ({pair['n']:,} items in common)"
        for name in ("cohen", "cohen_linear", "cohen_quadratic", "agreement", "alpha", *OF_PAIRS):
            if name in pair:
                words = OF_PAIRS.get(name, name.replace("_", ", "))
                yield f"  {words:<24}{_words(pair[name])}"
    if found["beyond"]:
        yield f"{found['beyond']:,} more pairs with fewer items in common"
    if found["left_out"]:
        yield f"{found['left_out']:,} more met on under {found['least_items']} items"


def _judges(found: list[Json]) -> Iterator[str]:
    if not found:
        yield "no judge has labelled what people have"
    for judge in found:
        yield f"{judge['name']} ({judge['n']:,} items that people labelled too)"
        for name, words in OF_JUDGES.items():
            if name in judge:
                yield f"  {words:<30}{_words(judge[name])}"


def _words(figure: Json) -> str:
    if figure["value"] is None:
        return f"not defined ({figure['n']:,} items)"
    words = f"{figure['value']:6.3f}"
    if figure["low"] is None:
        return f"{words} ({figure['n']:,} item{'s' if figure['n'] != 1 else ''})"
    words += f" ({figure['low']:.3f} to {figure['high']:.3f}; {figure['n']:,} items"
    if figure["chance"] is not None:
        words += f"; alike {figure['observed']:.3f}, by chance {figure['chance']:.3f}"
    return f"{words})"
