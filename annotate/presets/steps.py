"""How right each step of a solution is."""

from annotate.presets.base import Preset

_GUIDELINES = """\
# Is each step right?

Work the problem yourself first. Then go through the solution from its first step and give each step one
label:

1. **Good**: it is right, follows from what stands before it, and brings the solution on. It need not be
   the step that you would have taken.
2. **Neutral**: it is not wrong, but it brings nothing on: it repeats what was said, or is beside the
   point; or you cannot tell.
3. **Bad**: it says something false, does not follow, or makes the solution impossible.

Judge each step by what stands before it, not by the final answer. A right answer can come from wrong
steps. A slip that is put right in the same step is none.

**The first bad step ends your work on a solution**: what follows from a mistake need not be judged. Press
*first error* on it: all steps before it become good, unless you have labelled them otherwise. Say in a
comment what is wrong.

Skip an item whose problem you cannot solve or follow.
"""

STEPS = Preset(
    name="steps",
    title="Step labels",
    about="Good, neutral or bad for each step of a solution, up to the first error; after PRM800K.",
    questions=[
        {
            "kind": "steps",
            "name": "steps",
            "title": "Is each step right?",
            "labels": [
                {
                    "value": "good",
                    "label": "Good",
                    "help": "Right, and it brings the solution on.",
                    "colour": "green",
                },
                {
                    "value": "neutral",
                    "label": "Neutral",
                    "help": "Not wrong, but it brings nothing on, or one cannot tell.",
                    "colour": "grey",
                },
                {
                    "value": "bad",
                    "label": "Bad",
                    "help": "False, or it does not follow.",
                    "colour": "red",
                },
            ],
            "divide": "given",
            "bad": "bad",
            "first_error": True,
            "comments": "optional",
        },
    ],
    guidelines=_GUIDELINES,
)
