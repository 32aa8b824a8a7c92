"""Who may be given which items: an item asks for tags, and a member has some.

An item's ``queue`` names the tags that it asks for, sorted and joined by "+"; "" asks for none. A
member may draw from the queues of the project whose tags are all among the member's own and those
of the member's groups. Both are columns, so that a claim looks nothing up.

Whoever locks memberships here holds no item: a claim locks its membership, then an item.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from annotate.models import Cursor, Group, Membership, Project
from annotate.tags import queues_for, tags_of

MOST_COUNTED = 1_000


# ----------------------------------------------------------------------------------- keeping it true


def note_queues(project: Project, queues: Iterable[str]) -> None:
    """Have members draw from ``queues`` too, where their tags allow it.

    Call it in the transaction that puts items into them, before it locks any item. Members follow
    when that is over: at once, or by the job should this process die before.
    """
    from annotate.jobs import ask  # which runs the job

    new = sorted(set(queues) - set(project.queues))
    if not new:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE annotate_project SET queues = ARRAY(
                SELECT DISTINCT unnest(queues || %s::varchar[]) ORDER BY 1)
            WHERE id = %s AND NOT queues @> %s::varchar[] RETURNING queues
            """,
            [new, project.pk, new],
        )
        found = cursor.fetchone()
    project.queues = found[0] if found else sorted({*project.queues, *new})
    if found:
        ask(project.pk, "eligibility")
        transaction.on_commit(lambda: refresh(project))


@transaction.atomic
def refresh(project: Project, members: Sequence[int] | None = None) -> int:
    """Compute the queues of ``members`` (ids; all without) anew; how many changed.

    A cursor goes with its queue: whoever may draw from it again starts at its beginning.
    """
    rows = Membership.objects.select_for_update(no_key=True).filter(project=project)
    locked = list((rows if members is None else rows.filter(pk__in=members)).order_by("pk"))
    # Read after the lock: who waited for another change sees it.
    queues = Project.objects.values_list("queues", flat=True).get(pk=project.pk)
    groups = _tags_by_member([member.pk for member in locked])
    changed = []
    for member in locked:
        may = queues_for({*member.tags, *groups.get(member.pk, ())}, queues)
        if may != sorted(member.queues):
            lost = set(member.queues) - set(may)
            Cursor.objects.filter(membership=member, queue__in=lost).delete()
            member.queues = may
            changed.append(member)
    Membership.objects.bulk_update(changed, ["queues"], batch_size=500)
    return len(changed)


def _tags_by_member(members: list[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    links = Group.members.through.objects.filter(membership__in=members)
    for member, tags in links.values_list("membership_id", "group__tags"):
        found.setdefault(member, set()).update(tags)
    return found


# --------------------------------------------------------------------------------- who could do what


@dataclass(frozen=True)
class Demand:
    """Open items that ask for tags, counted up to a thousand, and how many may be given them.

    ``people`` have all tags and are not paused; ``paused`` have them and are.
    """

    queue: str
    items: int
    people: int
    paused: int
    counted = MOST_COUNTED

    @property
    def tags(self) -> list[str]:
        return tags_of(self.queue)

    @property
    def many(self) -> bool:
        """More items than are counted."""
        return self.items > MOST_COUNTED


def demands(project: Project) -> list[Demand]:
    """What open items ask for, unmet demands first; items that ask for nothing are no part of it."""
    queues = [queue for queue in project.queues if queue]
    if not queues:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT asked.queue, open.items, who.people, who.paused
            FROM unnest(%(queues)s::varchar[]) AS asked(queue),
            LATERAL (SELECT count(*) AS items FROM (
                SELECT FROM annotate_item AS item
                WHERE item.project_id = %(project)s AND item.queue = asked.queue
                    AND item.seats_left > 0 AND item.route IN ('human', 'both')
                LIMIT %(most)s) AS counted) AS open,
            LATERAL (
                SELECT count(*) FILTER (WHERE paused_at IS NULL) AS people,
                    count(*) FILTER (WHERE paused_at IS NOT NULL) AS paused
                FROM annotate_membership AS member
                WHERE member.project_id = %(project)s AND member.queues @> ARRAY[asked.queue]) AS who
            """,
            {"queues": queues, "project": project.pk, "most": MOST_COUNTED + 1},
        )
        found = [Demand(*row) for row in cursor.fetchall()]
    return sorted(
        (demand for demand in found if demand.items),
        key=lambda demand: (demand.people > 0, -demand.items, demand.queue),
    )


def tags_in_use(project: Project) -> list[str]:
    """Every tag that items ask for, or that a member or a group has."""
    own = Membership.objects.filter(project=project).values_list("tags", flat=True)
    groups = Group.objects.filter(project=project).values_list("tags", flat=True)
    asked = (tags_of(queue) for queue in project.queues)
    return sorted({tag for tags in (*own, *groups, *asked) for tag in tags})
