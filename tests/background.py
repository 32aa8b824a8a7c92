"""Background work without a worker: what the scheduler would hint at, done here and now."""

from annotate.celery import app
from annotate.jobs import KINDS, due_projects, run_job

ROUNDS = 50


def do_all_jobs(project):
    """Run what is due in the project until nothing is; a job's fault fails the test."""
    app.loader.import_default_modules()
    for _ in range(ROUNDS):
        due = [kind for kind in KINDS.values() if project.pk in due_projects(kind)]
        if not due:
            return
        for kind in due:
            run_job(kind.name, project.pk)
            fault = project.hints.get(kind=kind.name).fault
            assert not fault, fault
    raise AssertionError(f"still due: {[kind.name for kind in due]}")
