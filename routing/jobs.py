"""Background jobs of this application."""

from annotate.jobs import job
from annotate.models import Project
from routing import learning, ranking, scoring
from routing.bulk import actions as bulk
from routing.judges import trials
from routing.judging import judge_due, projects_with_due_judges
from routing.routing import due_projects, route_due


@job("route", due=due_projects)
def route(project: Project) -> bool:
    return route_due(project) > 0


# --------------------------------------------------------------------------------- reward models


@job("train", due=learning.due_projects, slow=True)
def train(project: Project) -> bool:
    """Once: what came in meanwhile waits for the project's interval."""
    learning.train_if_new(project)
    return False


@job("rank", due=ranking.due_projects, slow=True)
def rank(project: Project) -> bool:
    return ranking.apply_promoted(project) > 0


@job("score", due=scoring.due_projects)
def score(project: Project) -> bool:
    return scoring.answer_one(project)


@job("judge", due=projects_with_due_judges, slow=True)
def judge(project: Project) -> bool:
    return judge_due(project)


# ----------------------------------------------------------------------------------- many at once


@job(bulk.JOB, due=bulk.due_projects)
def change_many(project: Project) -> bool:
    return bulk.run(project)


@job("trial", due=trials.due_projects, slow=True)
def trial(project: Project) -> bool:
    return trials.go_on(project)
