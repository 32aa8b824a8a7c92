"""The settings of a question about spans, and which of them contradict each other."""

from dataclasses import dataclass

from annotate.questions.base.asked import check_positions
from annotate.questions.base.labels import Label, given_ones, read_labels
from annotate.questions.base.marks import SUPPORT
from annotate.questions.base.options import Option, read_options
from annotate.questions.base.question import Config, InvalidForm
from annotate.questions.base.settings import setting

MOST_SEVERITIES = 9
# Outcomes that later questions are asked upon, beside the labels.
ANY, NONE = "any", "none"
LABELS = (
    Label("wrong", "Wrong", colour="red"),
    Label("unclear", "Unclear", colour="orange"),
    Label("good", "Good", colour="green"),
)


@dataclass(frozen=True, kw_only=True)
class SpansConfig(Config):
    labels: tuple[Label, ...] = setting(
        LABELS,
        "What a span can be, in order of priority. Spans hold what is stored; words, colours and keys "
        "may change later.",
        type="grouped labels",
        read=read_labels,
    )
    prioritised: bool = setting(
        False,
        "Says that where several labels fit, the first of them is given.",
        label="First label that fits",
        scale=False,
    )
    severities: tuple[Option, ...] = setting(
        (),
        "How grave it is, from the least to the most; without any, spans have none.",
        type="options",
        read=read_options,
    )
    comments: str = setting(
        "optional",
        "A comment to each span.",
        scale=False,
        choices={"off": "none", "optional": "if one likes", "required": "owed"},
    )
    evidence: bool = setting(
        False,
        "A sentence of a passage, or another span, can be named as the reason for a span.",
        scale=False,
    )
    overlap: bool = setting(
        True, "Spans may share characters.", label="Overlap allowed", scale=False
    )
    snap: str = setting(
        "words",
        "What a selection grows to in the browser. Files may bring any range.",
        label="Snaps to",
        scale=False,
        choices={
            "characters": "characters",
            "words": "whole words",
            "sentences": "whole sentences",
        },
    )
    completions: tuple[int, ...] = setting(
        (),
        "Which of an item's completions are asked about, by their place in the item; none for all.",
        label="Completions asked about",
        least=0,
        first=1,
    )
    contexts: bool = setting(False, "Passages may be marked too.", label="Passages too")
    support: float = setting(
        SUPPORT,
        "A character gets a label in the aggregate when more than this share of its annotators gave it "
        "that label: 0.5 for more than half.",
        label="Support needed",
        scale=False,
    )
    suggestions: str = setting(
        "off",
        "A judge's spans, where it has any: shown after the own answer, or filled in before.",
        label="Suggestions by judges",
        scale=False,
        choices={
            "off": "not shown",
            "after": "after the own answer",
            "before": "as pre-annotation",
        },
    )


def check(config: SpansConfig) -> None:
    """Raises ``InvalidForm`` when settings contradict each other."""
    where = f"Question {config.name!r}"
    given = given_ones(config.labels)
    if not any(not label.missing for label in given):
        raise InvalidForm(f"{where}: no label can be given to a span; add one that is not missing.")
    if reserved := [one.value for one in config.labels if one.value in (ANY, NONE)]:
        raise InvalidForm(
            f"{where}: a label has the value {reserved[0]!r}, which stands for whether there are any "
            "spans; use another one."
        )
    if len(config.severities) > MOST_SEVERITIES:
        raise InvalidForm(
            f"{where}: {len(config.severities)} severities; give {MOST_SEVERITIES} at most."
        )
    if not 0 <= config.support < 1:
        raise InvalidForm(f"{where}: support {config.support:g}; use a share from 0 to below 1.")
    check_positions(where, config.completions)
