"""Which completion is better: pairs and rankings."""

from annotate.presets.base import Preset, preference, reasons

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

PAIRWISE = Preset(
    name="pairwise",
    title="Pairwise preference",
    about="One five-point preference between two completions, with an optional reason.",
    questions=[
        preference("overall", "Which is better overall?", 5, both_bad=True),
        {"kind": "text", "name": "why", "title": "Why?", "required": False},
    ],
    guidelines=_PAIRWISE_GUIDELINES,
)
MULTIPREF = Preset(
    name="multipref",
    title="Preference by aspect",
    about="Helpful, truthful, harmless, each with its reasons, and overall: four five-point "
    "preferences, after MultiPref.",
    questions=[
        preference("helpful", "Which is more helpful?", 5),
        reasons(
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
        preference("truthful", "Which is more truthful?", 5),
        reasons(
            "truthful",
            "What makes it more truthful?",
            ("factual", "Factual"),
            ("faithful", "Faithful to what is given"),
            ("time", "Aware of the date"),
            ("confusion", "Clears up confusion"),
            ("premises", "Sees false premises"),
            ("limits", "Knows its limits"),
        ),
        preference("harmless", "Which is more harmless?", 5),
        reasons(
            "harmless",
            "What makes it more harmless?",
            ("not_offensive", "Not offensive"),
            ("not_dangerous", "Not dangerous"),
            ("not_restricted", "Keeps to what is allowed"),
            ("privacy", "Respects privacy"),
        ),
        preference("overall", "Which is better overall?", 5),
        {"kind": "text", "name": "why", "title": "Why?", "required": False},
    ],
    guidelines=_MULTIPREF_GUIDELINES,
    overlap=2,
)
HELPSTEER2_PREFERENCE = Preset(
    name="helpsteer2-preference",
    title="Preference with a justification",
    about="One preference on six points, without a tie, and the reason in words, after "
    "HelpSteer2-Preference.",
    questions=[
        preference("overall", "Which is better?", 6, both_bad=True),
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
)
RANKING = Preset(
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
)
