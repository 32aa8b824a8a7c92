"""Forms for routing policies and budgets."""

from decimal import Decimal
from typing import Any

from django import forms

from annotate.budgets import set_budget
from annotate.jobs import hint
from annotate.models import Budget, Project
from annotate.models.budgets import Unit
from routing.models import Judge, RoutingPolicy
from routing.policies import POLICIES, SettingField, setting_fields


class JudgeChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for mypy alone
    def label_from_instance(self, obj: Judge) -> str:
        return f"{obj} ({obj.kind})"


def _field(setting: SettingField) -> forms.Field:
    name = setting.name.replace("_", " ")
    common: dict[str, Any] = {
        "label": f"{name[0].upper()}{name[1:]}",
        "help_text": setting.help,
        "initial": setting.default,
        "min_value": setting.minimum,
        "max_value": setting.maximum,
    }
    if setting.type is int:
        return forms.IntegerField(**common)
    return forms.FloatField(**common, widget=forms.NumberInput(attrs={"step": "any"}))


class PolicyForm(forms.Form):
    """The settings of one kind of policy, and its judge where it needs one."""

    def __init__(self, *args: Any, kind: str, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        policy = POLICIES[kind]
        self.judges = Judge.objects.active().filter(project=project).order_by("name", "-version")
        if policy.needs_judge:
            self.fields["judge"] = JudgeChoice(self.judges, empty_label=None)
        for setting in setting_fields(policy):
            self.fields[setting.name] = _field(setting)

    @classmethod
    def filled(cls, row: RoutingPolicy | None, *, kind: str, project: Project) -> "PolicyForm":
        """With the settings that the active policy has, if it is of this kind."""
        initial = {}
        if row is not None and row.kind == kind:
            initial = {**row.settings, "judge": row.judge_id}
        return cls(kind=kind, project=project, initial=initial)

    @property
    def lacks_judge(self) -> bool:
        """Whether the policy needs a judge and there is none."""
        return POLICIES[self.kind].needs_judge and not self.judges.exists()

    @property
    def judge(self) -> Judge | None:
        return self.cleaned_data.get("judge")

    @property
    def settings(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "judge"}


class BudgetForm(forms.Form):
    """Makes a budget, or gives the one of this unit and period another cap."""

    unit = forms.ChoiceField(choices=Unit.choices, label="Of what")
    cap = forms.DecimalField(
        min_value=Decimal(0),
        max_digits=14,
        decimal_places=6,
        label="At most",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    period = forms.ChoiceField(choices=Budget.Period.choices, label="Per")

    def save(self, project: Project) -> Budget:
        given = self.cleaned_data
        budget = set_budget(project, unit=given["unit"], period=given["period"], cap=given["cap"])
        hint(project.pk, "route")
        hint(project.pk, "judge")
        return budget
