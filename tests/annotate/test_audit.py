"""The audit log: who did what, and that nothing of it can be changed."""

import pytest
from django.db import IntegrityError, connection, transaction

from annotate import audit
from annotate.models import AuditEntry
from tests.factories import make_member, make_project, make_user

pytestmark = pytest.mark.django_db


def test_an_entry_names_who_acted_on_what_with_ids_and_words():
    project, user = make_project(), make_user("ana")
    member = make_member(project)
    with audit.acting(user):
        entry = audit.record(
            "member.role", project=project, target=member, before="annotator", after="admin"
        )
    entry.refresh_from_db()
    assert (entry.actor, entry.actor_id) == ("ana", user.pk)
    assert (entry.project_id, entry.project_slug) == (project.pk, project.slug)
    assert (entry.target_kind, entry.target_id) == ("membership", member.pk)
    assert entry.target == str(member)
    assert entry.details == {"before": "annotator", "after": "admin"}


def test_outside_of_requests_and_jobs_it_is_the_command_line():
    assert audit.record("project.create").actor == "command line"


def test_a_job_is_the_worker_and_the_actor_before_comes_back():
    with audit.acting("ana"):
        with audit.acting(audit.WORKER):
            assert audit.record("policy.route").actor == "worker"
        assert audit.record("policy.route").actor == "ana"


@pytest.mark.parametrize(
    "statement", ["UPDATE annotate_auditentry SET actor = 'x'", "DELETE FROM annotate_auditentry"]
)
def test_the_database_refuses_to_change_or_remove_an_entry(statement):
    entry = audit.record("project.create")
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.get().pk == entry.pk


def test_entries_outlive_the_project_they_speak_of():
    project = make_project()
    audit.record("project.settings", project=project)
    slug = project.slug
    project.delete()
    assert AuditEntry.objects.get().project_slug == slug


def test_what_is_rolled_back_leaves_no_entry():
    with transaction.atomic():
        audit.record("project.create")
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


def test_in_a_request_its_user_acts(client, rf):
    user = make_user("berta")
    request = rf.get("/")
    request.user = user
    seen = []
    audit.AuditMiddleware(lambda _: seen.append(audit.record("x.y").actor))(request)
    assert seen == ["berta"]
