"""The tabs of a project's pages: sections, and within one the pages that belong together."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from annotate.models import Membership, Project

Role = Membership.Role


@dataclass(frozen=True)
class Link:
    """A page, by the name of its URL, and the pages below it, which have no tab of their own."""

    title: str
    name: str
    below: tuple[str, ...] = ()
    role: str = Role.RESEARCHER

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.below)


@dataclass(frozen=True)
class Section:
    title: str
    links: tuple[Link, ...]
    # Pages of the section that belong to no single one of its links.
    besides: tuple[str, ...] = ()


SECTIONS = (
    Section("Overview", (Link("Overview", "project"),)),
    Section(
        "Items",
        (
            Link("All items", "items", ("item", "change-items", "bulk-changes", "bulk-change")),
            Link("Import", "import"),
            Link("Files", "files"),
            Link("Export", "export"),
        ),
        besides=("transfer",),
    ),
    Section(
        "Quality",
        (
            Link("Agreement", "agreement"),
            Link("Aggregation", "aggregation"),
            Link("Suggestions", "suggestions"),
            Link("Review", "reviews", ("review", "adjudicate", "opinions", "review-figures")),
        ),
    ),
    Section(
        "Routing",
        (
            Link("Policy", "routing"),
            Link("Judges", "judges", ("judge", "create-judge", "judge-trial")),
        ),
    ),
    Section("Reward models", (Link("Reward models", "reward-models", ("reward-model",)),)),
    Section("Ledger", (Link("Ledger", "ledger"),)),
    Section(
        "People",
        (
            Link("People", "people", ("person", "member", "change-member")),
            Link("Groups and tags", "groups", ("group",)),
            Link("Invitations", "invitations", role=Role.ADMIN),
            Link("Crowd", "crowd-study", role=Role.ADMIN),
        ),
    ),
    Section(
        "Settings",
        (
            Link("Form", "form"),
            Link("Guidelines", "guidelines"),
            Link("Settings", "project-settings", role=Role.ADMIN),
            Link("Audit log", "log", role=Role.ADMIN),
        ),
    ),
)


@dataclass(frozen=True)
class Tab:
    """A link as a page shows it."""

    title: str
    url: str
    present: bool


@dataclass(frozen=True)
class Tabs:
    """All sections, and the pages of the present one where it has several."""

    sections: list[Tab]
    pages: list[Tab]


def tabs(project: Project, *, here: str, may: Callable[[str], bool]) -> Tabs:
    """The tabs that a visitor who ``may`` act in certain roles sees at the page named ``here``."""
    sections, pages = [], []
    for section in SECTIONS:
        links = [link for link in section.links if may(link.role)]
        if not links:
            continue
        present = here in section.besides or any(here in link.names for link in links)
        sections.append(Tab(section.title, reverse(links[0].name, args=[project.slug]), present))
        if present and len(links) > 1:
            pages = [
                Tab(link.title, reverse(link.name, args=[project.slug]), here in link.names)
                for link in links
            ]
    return Tabs(sections, pages)
