"""The staff's admin: every list and record opens, what is recorded cannot be edited."""

import pytest
from django.contrib import admin
from django.urls import reverse

from annotate.models import AuditEntry, Membership
from tests.factories import (
    make_annotation,
    make_annotator,
    make_assignment,
    make_item,
    make_member,
    make_project,
    make_user,
)

pytestmark = pytest.mark.django_db
OWN = [model for model in admin.site._registry if model._meta.app_label in ("annotate", "routing")]


def place(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def staff(client):
    project = make_project()
    item = make_item(project, overlap=2)
    make_annotation(item, make_annotator(project))
    make_assignment(item, make_member(project))
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("model", OWN, ids=lambda model: model.__name__)
def test_every_list_and_record_opens(staff, model):
    assert staff.get(place(model, "changelist")).status_code == 200
    for row in model.objects.all()[:1]:
        assert staff.get(place(model, "change", row.pk)).status_code == 200


def test_labels_cannot_be_changed_or_deleted_here(staff):
    from annotate.models import Annotation

    row = Annotation.objects.get()
    for page in ("change", "delete"):
        assert staff.post(place(Annotation, page, row.pk), {"answers": "{}"}).status_code == 403
    assert staff.get(place(Annotation, "add")).status_code == 403


def test_the_admin_is_for_staff_only(client):
    client.force_login(make_user())
    assert client.get(reverse("admin:index")).status_code == 302


# --------------------------------------------------------------------------------------- members


def test_a_member_is_added_with_an_entry_in_the_log(staff):
    project, user = make_project(), make_user("ada")
    url = place(Membership, "add")
    staff.post(url, {"user": user.pk, "project": project.pk, "role": "researcher"})
    assert Membership.objects.get(user=user).role == "researcher"
    entry = AuditEntry.objects.get(action="member.add")
    assert (entry.actor_id is not None, entry.details["user"]) == (True, user.pk)


def test_a_role_is_changed_as_on_the_projects_page_the_last_admins_not(staff):
    project = make_project()
    admin, other = make_member(project, role="admin"), make_member(project)
    for member, role, after in ((other, "researcher", "researcher"), (admin, "annotator", "admin")):
        url = place(Membership, "change", member.pk)
        response = staff.post(url, {"role": role}, follow=True)
        member.refresh_from_db()
        assert member.role == after
    assert "make somebody else one first" in response.text
    assert AuditEntry.objects.filter(action="member.role").count() == 1


def test_who_is_deleted_here_leaves_as_from_the_projects_page(staff):
    project = make_project()
    admin, other = make_member(project, role="admin"), make_member(project)
    opened = make_assignment(make_item(project), other)
    url = place(Membership, "changelist")
    data = {"action": "delete_selected", "_selected_action": [admin.pk, other.pk], "post": "yes"}
    response = staff.post(url, data, follow=True)
    assert "make somebody else one first" in response.text
    assert list(project.memberships.all()) == [admin]
    opened.refresh_from_db()
    assert opened.state == "expired"
