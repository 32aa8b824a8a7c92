"""Forms of the People pages: members, groups, invitations."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from annotate.crowd import check_code
from annotate.invitations import LONGEST_DAYS, MOST_USES
from annotate.models import Crowd, Group, Membership, Project, User
from annotate.tags import BadTag, read_tags
from frontend.forms import storable

OFF = {"autocomplete": "off", "spellcheck": "false"}


class TagsField(forms.CharField):
    """Tags between commas, as a sorted list."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.TextInput(attrs=OFF | {"placeholder": "german, medicine"})
        )
        super().__init__(required=False, max_length=2_000, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        try:
            return read_tags(super().clean(value))
        except BadTag as fault:
            raise ValidationError(str(fault)) from fault


class NewMemberForm(forms.Form):
    username = forms.CharField(max_length=150, label="User name", widget=forms.TextInput(attrs=OFF))
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.ANNOTATOR)

    def __init__(self, data: Any = None, *, project: Project) -> None:
        super().__init__(data)
        self.project = project

    def clean_username(self) -> str:
        name: str = storable(self.cleaned_data["username"])
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise ValidationError(f"Nobody is called “{name}”; send an invitation instead.")
        self.user: User = user
        if self.project.memberships.filter(user=self.user).exists():
            raise ValidationError(
                f"{name} is a member already; open the person to change the role."
            )
        return name


class MembershipForm(forms.Form):
    """Role, groups, tags and pay, all at once."""

    role = forms.ChoiceField(choices=Membership.Role.choices)
    groups = forms.ModelMultipleChoiceField(
        Group.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    tags = TagsField(
        label="Own tags",
        help_text="What this person may be asked about, besides what the groups bring.",
    )
    pay = forms.DecimalField(
        label="Pay for a label, in USD",
        required=False,
        min_value=Decimal(0),
        max_digits=10,
        decimal_places=4,
    )

    most = forms.IntegerField(
        label="Labels at most", required=False, min_value=1, max_value=1_000_000
    )

    def __init__(self, data: Any = None, *, member: Membership) -> None:
        rate = member.pay_per_label_usd
        initial = {
            "role": member.role,
            "groups": list(member.groups.all()),
            "tags": member.tags,
            "pay": None if rate is None else f"{rate.normalize():f}",
            "most": member.most_labels,
        }
        super().__init__(data, initial=initial, prefix="member")
        groups: Any = self.fields["groups"]
        groups.queryset = member.project.groups.order_by("name")
        if not groups.queryset:
            del self.fields["groups"]
        usual = f"{member.project.pay_per_label_usd.normalize():f}"
        self.fields["pay"].help_text = f"Empty: the rate of the project, {usual} USD."
        each = member.project.most_labels_each
        number = f"the number of the project, {each:,}" if each else "any number"
        self.fields["most"].help_text = f"Empty: {number}."


class PauseForm(forms.Form):
    reason = forms.CharField(
        max_length=300,
        help_text="Shown to this person, on the workspace, the first page and over the API.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    free = forms.BooleanField(
        required=False,
        label="Take back items that are open",
        help_text="Otherwise what is open may be finished.",
    )

    def clean_reason(self) -> str:
        return storable(self.cleaned_data["reason"])


class GroupForm(forms.Form):
    name = forms.CharField(max_length=80, widget=forms.TextInput(attrs=OFF))
    tags = TagsField(help_text="Every member of the group has them, as if they were their own.")

    def clean_name(self) -> str:
        return storable(self.cleaned_data["name"])


class GroupMembersForm(GroupForm):
    members = forms.ModelMultipleChoiceField(
        Membership.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, group: Group) -> None:
        there = list(group.members.values_list("pk", flat=True))
        initial = {"name": group.name, "tags": group.tags, "members": there}
        super().__init__(data, initial=initial)
        members: Any = self.fields["members"]
        members.queryset = group.project.memberships.select_related("user").order_by(
            "user__username"
        )
        members.label_from_instance = lambda member: member.user.get_username()


class InvitationForm(forms.Form):
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.ANNOTATOR)
    group = forms.ModelChoiceField(Group.objects.none(), required=False, empty_label="no group")
    uses = forms.IntegerField(
        label="For so many people", min_value=1, max_value=MOST_USES, initial=1
    )
    days = forms.IntegerField(
        label="For so many days", min_value=1, max_value=LONGEST_DAYS, initial=7
    )
    note = forms.CharField(
        required=False,
        max_length=200,
        label="For whom",
        help_text="A note for this page; whoever opens the link does not see it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, project: Project) -> None:
        super().__init__(data)
        group: Any = self.fields["group"]
        group.queryset = project.groups.order_by("name")
        if not group.queryset:
            del self.fields["group"]

    def clean_note(self) -> str:
        return storable(self.cleaned_data["note"])


class CrowdForm(forms.Form):
    """A door for a crowd platform."""

    code = forms.CharField(
        max_length=60,
        label="Completion code",
        help_text="As Prolific shows it for “completed”. Participants get it at the end, and it goes "
        "back with them by itself.",
        widget=forms.TextInput(attrs=OFF),
    )
    labels = forms.IntegerField(
        label="Items for each participant",
        min_value=1,
        max_value=100_000,
        initial=20,
        help_text="After so many they get the code. Those who have come keep the number they came for.",
    )
    group = forms.ModelChoiceField(
        Group.objects.none(),
        required=False,
        empty_label="no group",
        label="Put them into the group",
    )
    is_open = forms.BooleanField(
        required=False,
        initial=True,
        label="Take new participants",
        help_text="Off: those who have begun may finish, and others are told that it is closed.",
    )

    def __init__(self, data: Any = None, *, project: Project, crowd: Crowd | None) -> None:
        initial = (
            {
                "code": crowd.completion_code,
                "labels": crowd.labels_each,
                "group": crowd.group_id,
                "is_open": crowd.is_open,
            }
            if crowd
            else {}
        )
        super().__init__(data, initial=initial)
        group: Any = self.fields["group"]
        group.queryset = project.groups.order_by("name")
        if not group.queryset:
            del self.fields["group"]

    def clean_code(self) -> str:
        try:
            return check_code(self.cleaned_data["code"])
        except ValueError as fault:
            raise ValidationError(str(fault)) from fault

    @property
    def values(self) -> dict[str, Any]:
        """As ``annotate.crowd.set_up`` takes them."""
        given = self.cleaned_data
        return {
            "completion_code": given["code"],
            "labels_each": given["labels"],
            "group": given.get("group"),
            "is_open": given["is_open"],
        }
