"""A project's settings as admins see them: in minutes and percent, with words and what follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from annotate.models import Project
from annotate.models.projects import Route, Suggest, SuggestFrom
from frontend.forms import ROUTES, storable

HOURS = 24 * 60


class ScaledField(forms.FloatField):
    """A number that is stored ``unit`` times as large as it is shown, whole where ``whole``."""

    def __init__(self, *, unit: float, whole: bool, **kwargs: Any) -> None:
        widget = forms.NumberInput(attrs={"step": "any"})
        super().__init__(widget=widget, **kwargs)
        self.unit, self.whole = unit, whole

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int | float):
            return f"{round(value / self.unit, 6):g}"
        return value

    def clean(self, value: Any) -> Any:
        """As stored."""
        shown = super().clean(value)
        if shown is None:
            return None
        return round(shown * self.unit) if self.whole else round(shown * self.unit, 6)


def _minutes(label: str, words: str, *, least: float, most: float = HOURS) -> ScaledField:
    return ScaledField(
        unit=60, whole=True, label=label, help_text=words, min_value=least, max_value=most
    )


def _percent(label: str, words: str, *, required: bool = True) -> ScaledField:
    return ScaledField(
        unit=0.01,
        whole=False,
        label=label,
        help_text=words,
        min_value=0,
        max_value=100,
        required=required,
    )


def _number(label: str, words: str, *, least: int, most: int, required: bool) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=words, min_value=least, max_value=most, required=required
    )


class SettingsForm(forms.Form):
    """Fields are named as the project's columns; each carries what it showed when it was loaded."""

    name = forms.CharField(max_length=120)
    description = forms.CharField(
        required=False,
        strip=False,
        max_length=20_000,
        help_text="Stands on the first page of the project.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    due_on = forms.DateField(
        required=False,
        label="Labels wanted by",
        help_text="The forecast on the first page is held against this day.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    overlap = forms.IntegerField(
        min_value=1,
        max_value=100,
        label="Labels wanted for each item",
        help_text="From different people. For items that come in from now on; present ones keep "
        "what they have.",
    )
    default_route = forms.TypedChoiceField(
        choices=ROUTES,
        required=False,
        empty_value=None,
        label="Who labels new items",
        help_text="Given to items as they come in. Present items keep their route.",
    )
    lease_seconds = _minutes(
        "Minutes an item stays with somebody",
        "Renewed while the person works. Then the item goes to somebody else; what was begun is "
        "kept as a draft. Items that are open now keep their time until it is renewed.",
        least=1,
    )
    undo_seconds = _minutes(
        "Minutes in which a submission can be taken back",
        "By its annotator, the last one first. 0 makes every submission final.",
        least=0,
    )
    corrections = forms.BooleanField(
        required=False,
        label="Annotators may correct their own labels",
        help_text="Also when taking back is over. What was answered before is kept; a correction "
        "is not paid again. Not where a reviewer has decided, and never a test.",
    )
    pay_per_label_usd = forms.DecimalField(
        min_value=Decimal(0),
        max_digits=10,
        decimal_places=4,
        label="Pay for a label, in USD",
        help_text="Entered in the ledger with every label that a person gives from now on, unless "
        "the person has a rate of their own. What is entered stays.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    evaluation_share = _percent(
        "Evaluation share, in percent",
        "Of the prompts, drawn by hash when items come in: people and judge both label them, no "
        "policy is fitted on them, and judges' labels of them are never trained on. Every "
        "comparison is made there. Present items stay in or out.",
    )
    random_share = _percent(
        "Share of open items in random order, in percent",
        "The others come most uncertain first, as the reward model ranks them. Used from the next "
        "ranking on.",
    )
    suggestions = forms.ChoiceField(
        choices=Suggest.choices,
        label="Annotators see what an LLM or the reward model would answer",
        help_text="Whoever sees it beforehand is moved by it, so that is for a random arm alone: the "
        "others see nothing, and the page of suggestions compares the two. Items of the evaluation "
        "share and gold never show one. Assignments that are open keep what they were drawn to.",
    )
    suggestions_from = forms.ChoiceField(
        choices=SuggestFrom.choices,
        label="Whose answers",
        help_text="The newest judge's label, or the side that the promoted reward model prefers. "
        "Where there is neither, nothing is shown.",
    )
    suggestions_share = _percent(
        "Share of the items that show it beforehand, in percent",
        "Drawn for each item and annotator. With half in either arm the fewest labels tell how much "
        "suggestions move answers.",
    )
    retrain_after_labels = forms.IntegerField(
        min_value=0,
        max_value=1_000_000,
        label="Train again after so many new labels",
        help_text="A version is trained in the background once there are as many; 0 trains only "
        "when somebody asks for it.",
    )
    retrain_every_minutes = forms.IntegerField(
        min_value=0,
        max_value=100_000,
        label="Minutes between two trainings, at least",
        help_text="However many labels come in. 0 waits for labels alone.",
    )

    open_to_all = forms.BooleanField(
        required=False,
        label="Open to everybody with an account",
        help_text="The project stands on their first page, and they join as annotators by a button. "
        "Who may make an account is the installation's to say.",
    )
    qualification_pass = _percent(
        "Pass mark of the qualification test, in percent",
        "Empty: no test. Annotators are given no work before they have got so much right. Whoever has "
        "labelled here when the test is switched on counts as qualified; researchers and admins are "
        "not tested.",
        required=False,
    )
    qualification_size = _number(
        "Items in a test",
        "Drawn at random from the gold that is marked for the test.",
        least=1,
        most=100,
        required=True,
    )
    qualification_tries = _number(
        "Tries",
        "Another try asks other items where there are enough. On a person's page you can give one "
        "more, or pass somebody by hand.",
        least=1,
        most=20,
        required=True,
    )
    qualification_feedback = forms.BooleanField(
        required=False,
        label="Tell those who are tested what was right, and why",
        help_text="After each item and at the end, with the note of the gold. Otherwise they are told "
        "only how much was right.",
    )
    gold_every = _number(
        "Plant gold about every so many items",
        "Empty: none. An annotator gets each planted item once and cannot tell it from work; it is "
        "paid like work, and its labels are used to check people and for nothing else. The gaps are "
        "drawn at random.",
        least=2,
        most=1_000,
        required=False,
    )
    gold_pass = _percent(
        "Pause below so much right, in percent",
        "Empty: nobody is paused by it. Of the last planted items; the person is told why, and a "
        "researcher can let them go on.",
        required=False,
    )
    gold_window = _number(
        "Counted over the last so many planted items",
        "Nobody is paused before they have answered as many. After a pause counting starts anew.",
        least=1,
        most=200,
        required=True,
    )
    most_labels_each = _number(
        "Labels one person may give, at most",
        "Empty: any number. A person's page can say another number.",
        least=1,
        most=1_000_000,
        required=False,
    )
    dispute_overlap = _number(
        "Where labels disagree, ask up to so many people",
        "Empty: never more than an item wants. Once all labels of an item are there and no answer to "
        "the main question has more than half of them, one more person is asked, as far as budgets "
        "reach; and so on up to this number.",
        least=2,
        most=100,
        required=False,
    )

    def __init__(self, data: Any = None, *, project: Project, policy_on: bool) -> None:
        super().__init__(data, initial={n: getattr(project, n) for n in self.base_fields})
        self.project = project
        if policy_on:
            del self.fields["default_route"]
        for name, field in self.fields.items():
            field.show_hidden_initial = True
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{name}_helptext"

    def clean_name(self) -> str:
        return storable(self.cleaned_data["name"])

    def clean_description(self) -> str:
        return storable(self.cleaned_data["description"].replace("\r\n", "\n"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        most, overlap = given.get("dispute_overlap"), given.get("overlap")
        if most is not None and overlap is not None and most <= overlap:
            self.add_error(
                "dispute_overlap",
                f"Items want {overlap} labels anyway; give a number above that, or none.",
            )
        return given

    @property
    def values(self) -> dict[str, Any]:
        """What was changed on the page, as stored."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    @property
    def seen(self) -> dict[str, Any]:
        """What stood there when the page was loaded; what stands there now where it does not say."""
        return {name: self._seen(name) for name in self.changed_data}

    def _seen(self, name: str) -> Any:
        raw = self.data.get(self[name].html_initial_name)
        if raw is None:
            return self.initial[name]
        try:
            value = self.fields[name].clean(raw)
        except ValidationError:
            return self.initial[name]
        return value.replace("\r\n", "\n") if isinstance(value, str) else value

    def in_words(self, name: str, value: Any) -> str:
        """A stored value as the field shows it."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        shown = self.fields[name].prepare_value(value)
        if name == "default_route":
            return str(Route(value).label) if value else ROUTES[0][1]
        if name in CHOICES:
            return str(CHOICES[name](value).label)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return "nothing" if shown in (None, "") else str(shown)

    @property
    def groups(self) -> "list[Group]":
        return [
            Group(title, [self[name] for name in names if name in self.fields])
            for title, names in GROUPS
        ]


@dataclass(frozen=True)
class Group:
    title: str
    fields: Sequence[Any]

    @property
    def id(self) -> str:
        return self.title.lower().replace(" ", "-")


CHOICES: dict[str, Any] = {"suggestions": Suggest, "suggestions_from": SuggestFrom}
GROUPS = (
    ("Project", ("name", "description", "due_on")),
    ("Labelling", ("overlap", "default_route", "lease_seconds", "undo_seconds", "corrections")),
    (
        "Onboarding",
        (
            *("open_to_all", "qualification_pass", "qualification_size", "qualification_tries"),
            "qualification_feedback",
        ),
    ),
    ("Planted gold", ("gold_every", "gold_pass", "gold_window")),
    ("Limits", ("most_labels_each", "dispute_overlap")),
    ("Pay", ("pay_per_label_usd",)),
    ("Shares", ("evaluation_share", "random_share")),
    ("Suggestions", ("suggestions", "suggestions_from", "suggestions_share")),
    ("Training", ("retrain_after_labels", "retrain_every_minutes")),
)
