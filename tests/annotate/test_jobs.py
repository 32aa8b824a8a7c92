"""Hints, the sweep, and what happens when jobs fail or workers die."""

import os
import socket
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from annotate import jobs
from annotate.jobs import ask, beat, hint, run_job, sweep, worker_name
from annotate.models import Aggregate, Hint, Item, Worker
from tests.factories import make_annotation, make_annotator, make_item, make_project

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def labelled(project):
    item = make_item(project)
    make_annotation(item, make_annotator(project))
    return item


@pytest.fixture
def only_aggregates(monkeypatch):
    """Nothing but aggregates is ever due."""
    monkeypatch.setattr(jobs, "KINDS", {"aggregate": jobs.KINDS["aggregate"]})


def state(project):
    return Hint.objects.get(project=project, kind="aggregate")


def test_a_sweep_hints_once_at_what_is_due(labelled, only_aggregates):
    assert sweep() == 1
    assert sweep() == 0


def test_a_sweep_of_nothing_due_sends_nothing(project, only_aggregates):
    make_item(project)
    assert sweep() == 0


def test_a_hint_that_nobody_answered_is_sent_again(labelled, only_aggregates):
    sweep()
    Hint.objects.update(queued_at=timezone.now() - timedelta(minutes=1))
    assert sweep() == 1


def test_a_job_does_the_work_and_frees_its_hint(labelled):
    sweep()
    run_job("aggregate", labelled.project_id)
    assert Aggregate.objects.filter(item=labelled, question="overall").count() == 2
    assert not Item.objects.stale().exists()
    assert state(labelled.project).queued_at is None
    assert state(labelled.project).started_at is None


def test_a_hint_is_not_sent_while_a_living_worker_has_the_job(labelled):
    Worker.objects.create(name="alive")
    Hint.objects.create(
        project=labelled.project, kind="aggregate", started_at=timezone.now(), worker="alive"
    )
    assert not hint(labelled.project_id, "aggregate")


def test_the_job_of_a_worker_whose_heart_stopped_is_sent_again(labelled):
    Worker.objects.create(name="dead", seen_at=timezone.now() - timedelta(minutes=1))
    Hint.objects.create(
        project=labelled.project, kind="aggregate", started_at=timezone.now(), worker="dead"
    )
    assert hint(labelled.project_id, "aggregate")


def test_a_failing_job_says_why_and_waits_longer_each_time(labelled, monkeypatch):
    def fail(_project):
        raise ValueError("the disk is full")

    monkeypatch.setitem(jobs.KINDS, "aggregate", jobs.JobKind("aggregate", list, fail))
    waits = []
    for _ in range(3):
        run_job("aggregate", labelled.project_id)
        waits.append(state(labelled.project).not_before - timezone.now())
    assert state(labelled.project).fault == "ValueError: the disk is full"
    assert waits == sorted(waits)
    assert not hint(labelled.project_id, "aggregate")


def test_a_job_that_runs_elsewhere_is_left_to_it(labelled):
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('aggregate'), %s)", [labelled.project_id])
        run_job("aggregate", labelled.project_id)
    other.close()
    assert Item.objects.stale().exists()


def test_a_job_of_a_deleted_project_does_nothing():
    run_job("aggregate", 12345)


def test_a_beating_worker_is_alive():
    beat()
    assert Worker.objects.alive().filter(name=worker_name()).exists()


def test_a_job_that_was_asked_for_is_sent_until_it_has_run(project):
    ask(project.pk, "aggregate")
    Hint.objects.update(queued_at=None)
    assert sweep() == 1
    run_job("aggregate", project.pk)
    assert not state(project).wanted
    assert sweep() == 0


def test_slow_jobs_leave_a_process_of_the_worker_to_others(labelled, monkeypatch, settings):
    settings.WORKER_PROCESSES = 2
    ran = []
    slow = jobs.JobKind("slow", list, lambda project: ran.append(project.pk), slow=True)
    monkeypatch.setitem(jobs.KINDS, "slow", slow)
    ask(labelled.project_id, "slow")
    other_process = connection.copy()
    with other_process.cursor() as cursor:
        place = f"slow:{socket.gethostname()}:{os.getppid()}"
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s), 0)", [place])
        run_job("slow", labelled.project_id)
        assert ran == []
        run_job("aggregate", labelled.project_id)
        assert not Item.objects.stale().exists()
    other_process.close()
    run_job("slow", labelled.project_id)
    assert ran == [labelled.project_id]
