"""How good each completion is."""

from annotate.presets.base import Preset, rating

_HELPSTEER_GUIDELINES = """\
# Rate each completion from 0 to 4

Rate one completion after the other, each against the prompt and not against its neighbour.

- **Helpfulness**: how far it gets the person who asked.
- **Correctness**: facts, reasoning and code are right, and what was asked for is all there.
- **Coherence**: clear, consistent, easy to follow.
- **Complexity**: how much knowledge it takes to write it. High is not better.
- **Verbosity**: how long it is for what it says. High is not better.
"""

HELPSTEER2 = Preset(
    name="helpsteer2",
    title="Ratings by attribute",
    about="Five attributes from 0 to 4 for each completion, after HelpSteer2.",
    questions=[
        rating(
            "helpfulness",
            "Helpfulness",
            "How far does it get the person who asked?",
            ["not at all", "a little", "partly", "mostly", "fully"],
        ),
        rating(
            "correctness",
            "Correctness",
            "Is it right, and all there?",
            ["wrong", "mostly wrong", "mixed", "mostly right", "right"],
        ),
        rating(
            "coherence",
            "Coherence",
            "Is it clear and consistent?",
            ["incoherent", "unclear", "mixed", "mostly clear", "clear"],
        ),
        rating(
            "complexity",
            "Complexity",
            "What knowledge does it take to write it?",
            ["basic", "simple", "some", "much", "expert"],
        ),
        rating(
            "verbosity",
            "Verbosity",
            "How long is it for what it says?",
            ["terse", "short", "fitting", "long", "very long"],
        ),
        {"kind": "text", "name": "why", "title": "Remarks", "required": False},
    ],
    guidelines=_HELPSTEER_GUIDELINES,
)
