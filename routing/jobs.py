"""Background jobs of this application."""

from annotate.jobs import job
from annotate.models import Project
from routing.routing import due_projects, route_due


@job("route", due=due_projects)
def route(project: Project) -> bool:
    return route_due(project) > 0
