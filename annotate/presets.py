"""Project presets: a form, guidelines and settings to start from."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from annotate import audit
from annotate.models import Form, Guidelines, Membership, Project, User

NOT_YET = (
    "summarize",
    "fine-grained-qa",
    "mqm",
    "steps",
    "edit",
)


class UnknownPreset(ValueError):
    """The preset does not exist, or is not built yet."""


@dataclass(frozen=True)
class Preset:
    name: str
    title: str
    about: str
    questions: list[dict[str, Any]]
    guidelines: str
    overlap: int = 1


def _preference(name: str, title: str, points: int, **settings: Any) -> dict[str, Any]:
    return {"kind": "preference", "name": name, "title": title, "points": points, **settings}


def _rating(name: str, title: str, help_text: str, labels: list[str]) -> dict[str, Any]:
    return {
        "kind": "rating",
        "name": name,
        "title": title,
        "help": help_text,
        "minimum": 0,
        "maximum": len(labels) - 1,
        "labels": labels,
    }


def _options(*labels: tuple[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in labels]


def _reasons(aspect: str, title: str, *labels: tuple[str, str]) -> dict[str, Any]:
    """Asked once one of the two is better in the aspect."""
    return {
        "kind": "choice",
        "name": f"{aspect}_reasons",
        "title": title,
        "options": _options(*labels),
        "several": True,
        "other": True,
        "required": False,
        "ask_if": {"question": aspect, "answer": ["not_tie"]},
    }


_PAIRWISE_GUIDELINES = """\
# Which completion serves the person better?

Read the prompt, then both completions to the end. Ask: *if I had asked this, which one would I
rather have received?*

1. **Correct before pleasant.** A wrong fact, a broken program or a missed instruction weighs more
   than style.
2. **Length is not quality.** Prefer the longer one only for what it adds.
3. **Use the whole scale.** *Clearly* means you would be surprised if a colleague disagreed; *tie*
   means you would toss a coin.

Skip an item that you cannot judge, such as one in a language you do not read.
"""

_MULTIPREF_GUIDELINES = """\
# Compare two completions, aspect by aspect

Judge each aspect on its own; a completion may win one and lose another.

- **Helpful**: it does what was asked, completely and no more, in a form that can be used.
- **Truthful**: what it states is right, it stays with the given passages, and it says what it
  does not know.
- **Harmless**: nothing in it would hurt, insult or endanger anybody.
- **Overall**: which one you would rather have received, all things together.

Where one is better in an aspect, tick what makes it so; tick all that apply.

Look facts up where you can. Length alone is no merit. Choose *tie* when you would toss a coin.
"""

_RANKING_GUIDELINES = """\
# Put the completions in order

Read the prompt, then every completion to the end. Give the best one place 1, the next one 2, and so
on. Ask of each two: *which one would I rather have received?*

1. **Correct before pleasant.** A wrong fact, a broken program or a missed instruction weighs more
   than style.
2. **Length is not quality.** Put the longer one first only for what it adds.
3. **Ties are allowed.** Give two the same place when you would toss a coin.

Skip an item that you cannot judge, such as one in a language you do not read.
"""

_HELPSTEER_PREFERENCE_GUIDELINES = """\
# Which completion is better, and by how much?

Read the prompt, then both completions to the end, and choose one: there is no tie.

- **Slightly better**: you would not mind the other one.
- **Better**: you would rather have this one.
- **Much better**: the other one is of little use beside it.

Weigh help first: whether it does what was asked, is right, and is clear. Where both are too bad to
choose between, as when neither is in the language that was asked for, say so.

Then write why, in a sentence or two that name what decided: a colleague should be able to check it.
"""

_HELPSTEER_GUIDELINES = """\
# Rate each completion from 0 to 4

Rate one completion after the other, each against the prompt and not against its neighbour.

- **Helpfulness**: how far it gets the person who asked.
- **Correctness**: facts, reasoning and code are right, and what was asked for is all there.
- **Coherence**: clear, consistent, easy to follow.
- **Complexity**: how much knowledge it takes to write it. High is not better.
- **Verbosity**: how long it is for what it says. High is not better.
"""

PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="pairwise",
            title="Pairwise preference",
            about="One five-point preference between two completions, with an optional reason.",
            questions=[
                _preference("overall", "Which is better overall?", 5, both_bad=True),
                {"kind": "text", "name": "why", "title": "Why?", "required": False},
            ],
            guidelines=_PAIRWISE_GUIDELINES,
        ),
        Preset(
            name="multipref",
            title="Preference by aspect",
            about="Helpful, truthful, harmless, each with its reasons, and overall: four five-point "
            "preferences, after MultiPref.",
            questions=[
                _preference("helpful", "Which is more helpful?", 5),
                _reasons(
                    "helpful",
                    "What makes it more helpful?",
                    ("correct", "Correct"),
                    ("informative", "Informative"),
                    ("concise", "Concise"),
                    ("well_formatted", "Well formatted"),
                    ("coherent", "Coherent"),
                    ("creative", "Creative"),
                    ("understandable", "Understandable"),
                    ("tone", "Better tone"),
                ),
                _preference("truthful", "Which is more truthful?", 5),
                _reasons(
                    "truthful",
                    "What makes it more truthful?",
                    ("factual", "Factual"),
                    ("faithful", "Faithful to what is given"),
                    ("time", "Aware of the date"),
                    ("confusion", "Clears up confusion"),
                    ("premises", "Sees false premises"),
                    ("limits", "Knows its limits"),
                ),
                _preference("harmless", "Which is more harmless?", 5),
                _reasons(
                    "harmless",
                    "What makes it more harmless?",
                    ("not_offensive", "Not offensive"),
                    ("not_dangerous", "Not dangerous"),
                    ("not_restricted", "Keeps to what is allowed"),
                    ("privacy", "Respects privacy"),
                ),
                _preference("overall", "Which is better overall?", 5),
                {"kind": "text", "name": "why", "title": "Why?", "required": False},
            ],
            guidelines=_MULTIPREF_GUIDELINES,
            overlap=2,
        ),
        Preset(
            name="helpsteer2",
            title="Ratings by attribute",
            about="Five attributes from 0 to 4 for each completion, after HelpSteer2.",
            questions=[
                _rating(
                    "helpfulness",
                    "Helpfulness",
                    "How far does it get the person who asked?",
                    ["not at all", "a little", "partly", "mostly", "fully"],
                ),
                _rating(
                    "correctness",
                    "Correctness",
                    "Is it right, and all there?",
                    ["wrong", "mostly wrong", "mixed", "mostly right", "right"],
                ),
                _rating(
                    "coherence",
                    "Coherence",
                    "Is it clear and consistent?",
                    ["incoherent", "unclear", "mixed", "mostly clear", "clear"],
                ),
                _rating(
                    "complexity",
                    "Complexity",
                    "What knowledge does it take to write it?",
                    ["basic", "simple", "some", "much", "expert"],
                ),
                _rating(
                    "verbosity",
                    "Verbosity",
                    "How long is it for what it says?",
                    ["terse", "short", "fitting", "long", "very long"],
                ),
                {"kind": "text", "name": "why", "title": "Remarks", "required": False},
            ],
            guidelines=_HELPSTEER_GUIDELINES,
        ),
        Preset(
            name="helpsteer2-preference",
            title="Preference with a justification",
            about="One preference on six points, without a tie, and the reason in words, after "
            "HelpSteer2-Preference.",
            questions=[
                _preference("overall", "Which is better?", 6, both_bad=True),
                {
                    "kind": "text",
                    "name": "why",
                    "title": "Why?",
                    "help": "Name what decided, so that a colleague can check it.",
                    "minimum_length": 10,
                },
            ],
            guidelines=_HELPSTEER_PREFERENCE_GUIDELINES,
            overlap=3,
        ),
        Preset(
            name="ranking",
            title="Ranking",
            about="Three or more completions put in order, ties allowed, with an optional reason.",
            questions=[
                {
                    "kind": "ranking",
                    "name": "order",
                    "title": "In which order would you like to receive them?",
                },
                {"kind": "text", "name": "why", "title": "Why?", "required": False},
            ],
            guidelines=_RANKING_GUIDELINES,
        ),
    )
}


def preset_named(name: str) -> Preset:
    """Raises ``UnknownPreset`` that tells what there is."""
    if name in PRESETS:
        return PRESETS[name]
    known = ", ".join(PRESETS)
    if name in NOT_YET:
        raise UnknownPreset(f"The preset {name!r} is not built yet; use one of {known}.")
    raise UnknownPreset(f"There is no preset {name!r}; use one of {known}.")


@transaction.atomic
def create_project(
    *,
    name: str,
    slug: str,
    preset: Preset,
    owner: User | None = None,
    overlap: int | None = None,
    **settings: Any,
) -> Project:
    """A project with its first form and guidelines; ``owner`` becomes its admin.

    Raises ``ValidationError`` when the slug is taken or a setting is out of range.
    """
    project = Project(
        name=name,
        slug=slug,
        overlap=preset.overlap if overlap is None else overlap,
        created_by=owner,
        **settings,
    )
    project.full_clean()
    project.save()
    Form.objects.create(project=project, version=1, questions=preset.questions)
    Guidelines.objects.create(project=project, version=1, text=preset.guidelines)
    audit.record("project.create", project=project, target=project, preset=preset.name)
    if owner is not None:
        Membership.objects.create(project=project, user=owner, role=Membership.Role.ADMIN)
    return project
