"""How an annotator came to work, and how planted gold is answered: on the person's page."""

from dataclasses import dataclass
from datetime import datetime

from annotate.gold_checks import Running, standing_of
from annotate.models import Membership
from annotate.onboarding import Role, Test, is_tested, last_test, running_test, tries_left


@dataclass(frozen=True)
class PersonWay:
    """The test, where the project has one, and the running accuracy, where it plants gold."""

    tested: bool
    qualified_at: datetime | None
    last: Test | None
    running: Test | None
    tries: int
    tries_left: int
    gold: Running | None
    gold_wanted: float | None
    gold_window: int

    @property
    def needs_try(self) -> bool:
        return self.tested and self.running is None and not self.tries_left


def way_of(member: Membership) -> PersonWay | None:
    """None where there is nothing to say: no test and no planted gold, or somebody who steers."""
    project = member.project
    has_test = project.qualification_pass is not None
    if member.role != Role.ANNOTATOR or not (has_test or project.gold_every):
        return None
    return PersonWay(
        tested=is_tested(member),
        qualified_at=member.qualified_at if has_test else None,
        last=last_test(member) if has_test else None,
        running=running_test(member) if has_test else None,
        tries=member.qualification_attempt,
        tries_left=tries_left(member),
        gold=standing_of(member) if project.gold_every else None,
        gold_wanted=project.gold_pass,
        gold_window=project.gold_window,
    )
