"""Why nothing is handed out, or taken in."""

from annotate.models import Assignment, Membership


class LeaseLost(Exception):
    """The lease ran out and the seat has gone to somebody else."""

    def __init__(self, assignment: Assignment) -> None:
        super().__init__("The time for this item ran out and somebody else has taken it.")
        self.assignment = assignment


class NothingToUndo(Exception):
    """No submission of this member is recent enough to be taken back."""


class NotCorrectable(Exception):
    """The label stays as it is; the message, for its annotator, says why."""


class NoWork(Exception):
    """The member is given no items for now; the message is for the member."""


class MemberPaused(NoWork):
    def __init__(self, membership: Membership) -> None:
        super().__init__(membership.paused_reason or "Your work in this project is paused.")
        self.membership = membership


class NotQualified(NoWork):
    def __init__(self, membership: Membership) -> None:
        super().__init__("Pass the project's qualification test first; then you are given items.")
        self.membership = membership


class EnoughLabels(NoWork):
    """The member has given as many labels as one person may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"You have given all {most:,} labels that one person may give here.")
        self.most = most


class BudgetSpent(NoWork):
    """No budget is left for the pay of another label."""

    def __init__(self) -> None:
        super().__init__("The project's budget for pay is spent.")
