"""Forms for files in and out; the fields of a format's options come from the format."""

from typing import Any

from django import forms

from annotate.formats.base import CONTAINERS, Format, Importer, Option
from annotate.models import Project, Transfer, User
from annotate.transfers import start_export, start_import

LARGEST_UPLOAD = 2 * 2**30
PREFIX = "option-"


def _field(option: Option) -> forms.Field:
    if option.choices:
        return forms.ChoiceField(
            choices=[(choice, choice or "as usual") for choice in option.choices],
            label=option.title,
            initial=option.default,
            required=False,
        )
    return forms.CharField(
        label=option.title, initial=option.default, required=False, max_length=2_000
    )


class FormatForm(forms.Form):
    """The options of one format, for a file in or out of a project."""

    def __init__(
        self,
        *args: Any,
        format: type[Format],  # noqa: A002 its word
        project: Project,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.format, self.project = format, project
        for option in format.settings:
            self.fields[PREFIX + option.name] = _field(option)

    @property
    def options(self) -> dict[str, str]:
        """What was chosen, by option; what was left empty stands at its default."""
        return {
            name.removeprefix(PREFIX): value
            for name, value in self.cleaned_data.items()
            if name.startswith(PREFIX) and value
        }

    def start(self, user: User) -> Transfer:
        """Have done in the background what was filled in. Raises ``RefusedFile``."""
        raise NotImplementedError


class ImportForm(FormatForm):
    file = forms.FileField(label="File")

    def __init__(
        self,
        *args: Any,
        format: type[Importer],  # noqa: A002 its word
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, format=format, **kwargs)
        shape = CONTAINERS[format.container]
        self.fields["file"].help_text = f"{shape} What is in the project already stays as it is."

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_UPLOAD:
            raise forms.ValidationError(
                f"The file has {file.size / 2**30:.1f} GiB; up to 2 GiB fit through a browser. "
                "Use manage.py import_items on the server."
            )
        return file

    def start(self, user: User) -> Transfer:
        return start_import(
            self.project,
            self.cleaned_data["file"],
            format=self.format.name,
            options=self.options,
            user=user,
        )


class ExportForm(FormatForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (str(number), f"snapshot {number}, {count:,} labels, {created_at:%d %b %Y %H:%M}")
            for number, count, created_at in self.project.snapshots.order_by("-number").values_list(
                "number", "count", "created_at"
            )[:50]
        ]
        self.fields["snapshot"] = forms.ChoiceField(
            choices=[("", "what is labelled now, as a new snapshot"), *choices],
            required=False,
            help_text="A snapshot never changes: the same one gives the same file again.",
        )

    def start(self, user: User) -> Transfer:
        number = self.cleaned_data["snapshot"]
        return start_export(
            self.project,
            format=self.format.name,
            options=self.options,
            snapshot=self.project.snapshots.get(number=number) if number else None,
            user=user,
        )
