"""Completions rewritten, with the reason for each edit."""

from annotate.presets.base import Preset

_GUIDELINES = """\
# Edit, and say why

Read the prompt and the whole completion, and give it points from 1 to 10 **as it was**: 10 is as good as
the best that a skilled writer makes of this prompt.

Then rewrite what makes it worse than it could be. Write over the text itself, or select a passage and
write what should stand there. Change what has a reason to change and nothing else: keep its content, its
voice and about its length.

Give each edit the category that says best what was wrong:

- **Cliché**: worn phrases, images and plots that anybody would expect.
- **Purple prose**: more ornament than the thing needs.
- **Unnecessary exposition**: says what is shown already, or what readers see for themselves.
- **Poor sentence structure**: run-on, choppy or tangled sentences.
- **Lack of specificity**: vague where a detail would make it live.
- **Awkward wording**: a word or phrase that is not quite what one says.
- **Tense**: tenses that do not agree.

Where it helps a colleague, say in a few words why. At last give the text points **as it is now**. Say
*nothing to edit* only where you would not touch a word.
"""


def _category(value: str, label: str, colour: str) -> dict[str, str]:
    return {"value": value, "label": label, "colour": colour}


EDIT = Preset(
    name="edit",
    title="Edit and explain",
    about="A completion rewritten, each edit with its category and reason, and scored before and after; "
    "after LAMP.",
    questions=[
        {
            "kind": "edit",
            "name": "edit",
            "title": "Rewrite what could be better",
            "labels": [
                _category("cliche", "Cliché", "red"),
                _category("purple_prose", "Purple prose", "violet"),
                _category("exposition", "Unnecessary exposition", "orange"),
                _category("structure", "Poor sentence structure", "blue"),
                _category("vague", "Lack of specificity", "teal"),
                _category("awkward", "Awkward wording", "pink"),
                _category("tense", "Tense", "brown"),
            ],
            "reasons": "optional",
            "scores": 10,
        },
    ],
    guidelines=_GUIDELINES,
)
