"""The stock admin, for staff: people and settings can be changed, what is recorded only read."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import Model
from django.http import HttpRequest

from annotate import audit, members
from annotate.models import (
    Aggregate,
    Annotation,
    Annotator,
    ApiToken,
    Assignment,
    Budget,
    Form,
    Guidelines,
    Hint,
    Item,
    LedgerEntry,
    Membership,
    Project,
    Snapshot,
    Transfer,
    User,
    Worker,
)

admin.site.site_header = admin.site.site_title = "Tandem"
admin.site.register(User, UserAdmin)


if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnly(ModelAdmin):
    """Rows that programs write and nobody edits."""

    show_full_result_count = False

    def has_add_permission(self, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Project)
class ProjectAdmin(ModelAdmin):
    list_display = ("name", "slug", "overlap", "default_route", "created_at")
    search_fields = ("name", "slug")

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        names = form.changed_data
        audit.record(
            "project.settings" if change else "project.create",
            project=obj,
            target=obj,
            before={name: str(form.initial.get(name)) for name in names} if change else {},
            after={name: str(form.cleaned_data.get(name)) for name in names},
        )


@admin.register(Membership)
class MembershipAdmin(ModelAdmin):
    """Who belongs to a project and as what; all else is changed on the project's own pages."""

    list_display = ("user", "project", "role", "paused_at")
    list_filter = ("role",)
    list_select_related = True
    autocomplete_fields = ("user", "project")
    fields = ("user", "project", "role")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Membership | None = None
    ) -> tuple[str, ...]:
        return ("user", "project") if obj else ()

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if not change:
            obj.pk = members.add_member(obj.project, obj.user, role=obj.role).pk
            return
        try:
            members.change_role(obj, obj.role)
        except (members.LastAdmin, members.NotMember) as fault:
            self.message_user(request, str(fault), messages.ERROR)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        try:
            members.remove_member(obj)
        except (members.LastAdmin, members.NotMember) as fault:
            self.message_user(request, str(fault), messages.ERROR)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for member in queryset.select_related("user", "project"):
            self.delete_model(request, member)


@admin.register(Budget)
class BudgetAdmin(ModelAdmin):
    list_display = ("project", "unit", "period", "cap")
    list_select_related = True


@admin.register(Annotator)
class AnnotatorAdmin(ReadOnly):
    list_display = ("name", "version", "kind", "project", "user")
    list_filter = ("kind",)
    list_select_related = True
    search_fields = ("name",)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    """Tokens may be revoked here; they are made where they can be shown once."""

    list_display = ("prefix", "name", "user", "expires_at", "last_used_at")
    exclude = ("digest",)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    def delete_model(self, request: HttpRequest, obj: ApiToken) -> None:
        audit.record("token.revoke", target=obj, user=obj.user.username)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for token in queryset.select_related("user"):
            self.delete_model(request, token)


@admin.register(Item)
class ItemAdmin(ReadOnly):
    list_display = ("key", "project", "route", "overlap", "seats_left")
    list_filter = ("project",)
    list_select_related = True
    search_fields = ("key__exact",)


@admin.register(Annotation)
class AnnotationAdmin(ReadOnly):
    list_display = ("id", "item", "annotator", "purpose", "created_at")
    list_filter = ("project",)
    list_select_related = True


@admin.register(Assignment)
class AssignmentAdmin(ReadOnly):
    list_display = ("id", "item", "annotator", "state", "expires_at")
    list_filter = ("state", "project")
    list_select_related = True


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly):
    list_display = ("created_at", "project", "kind", "amount", "unit", "reference")
    list_filter = ("project", "unit", "kind")
    list_select_related = True


@admin.register(Transfer)
class TransferAdmin(ReadOnly):
    list_display = ("created_at", "project", "direction", "format", "state")
    list_select_related = True


@admin.register(Hint)
class HintAdmin(ReadOnly):
    list_display = ("project", "kind", "queued_at", "started_at", "failures", "fault")
    list_select_related = True


admin.site.register([Aggregate, Form, Guidelines, Snapshot, Worker], ReadOnly)
