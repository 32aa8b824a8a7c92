"""What a member's requests start from: the own membership, and an own assignment."""

from annotate.models import Annotator, Assignment, Membership, Project, User
from annotate.rows import Columns, fetch

_MEMBERSHIP = Columns(Membership, "member")
_PROJECT = Columns(Project, "project")
_ANNOTATOR = Columns(Annotator, "annotator")
_ASSIGNMENT = Columns(Assignment, "lent")
_OWN_MEMBERSHIP = f"""
    SELECT {_MEMBERSHIP.sql}, {_PROJECT.sql}, {_ANNOTATOR.sql}
    FROM annotate_membership AS member
    JOIN annotate_project AS project ON project.id = member.project_id
    LEFT JOIN annotate_annotator AS annotator ON annotator.user_id = member.user_id
    WHERE member.user_id = %s AND project.slug = %s
"""  # noqa: S608  # made of constants
_OWN_ASSIGNMENT = f"""
    SELECT {_ASSIGNMENT.sql} FROM annotate_assignment AS lent
    WHERE lent.id = %s AND lent.annotator_id = %s AND lent.project_id = %s
"""  # noqa: S608  # likewise


def own_membership(user: User, slug: str) -> Membership | None:
    """With its project and its user's annotator; None in a project that is not the user's."""
    for row in fetch(_OWN_MEMBERSHIP, [user.pk, slug]):
        membership = _MEMBERSHIP.instance(row)
        membership.user, membership.project = user, _PROJECT.instance(row[len(_MEMBERSHIP) :])
        annotator = row[len(_MEMBERSHIP) + len(_PROJECT) :]
        if annotator[0] is not None:
            user.annotator = _ANNOTATOR.instance(annotator)
        return membership
    return None


def own_assignment(membership: Membership, pk: int) -> Assignment | None:
    """In any state: a repeated submission is answered too."""
    annotator = membership.user.annotator_or_new
    for row in fetch(_OWN_ASSIGNMENT, [pk, annotator.pk, membership.project_id]):
        assignment = _ASSIGNMENT.instance(row)
        assignment.annotator, assignment.project = annotator, membership.project
        return assignment
    return None
