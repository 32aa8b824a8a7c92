"""Guidelines are never changed: an edit is the next version."""

from django.db import transaction

from annotate import audit
from annotate.models import Guidelines, Project


class GuidelinesMoved(Exception):
    """Somebody else stored a version after the one that was edited."""

    def __init__(self, newest: Guidelines) -> None:
        super().__init__(f"Version {newest.version} of the guidelines was stored meanwhile.")
        self.newest = newest


@transaction.atomic
def add_guidelines(
    project: Project, text: str, *, base: int | None = None, note: str = ""
) -> Guidelines:
    """Store ``text`` as the next version; the same text again gives back the version there is.

    ``base`` is the version that was edited, 0 for none; ``note`` says what changed. Raises
    ``GuidelinesMoved`` when ``base`` is not the newest any more.
    """
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    last = project.guideline_versions.order_by("-version").first()
    if last is not None and last.text == text:
        return last
    before = last.version if last else 0
    if base is not None and base != before:
        if last is None:
            raise ValueError(f"There are no guidelines yet, so none of version {base}.")
        raise GuidelinesMoved(last)
    made: Guidelines = project.guideline_versions.create(version=before + 1, text=text)
    audit.record(
        "guidelines.version",
        project=project,
        target=made,
        before=before or None,
        after=made.version,
        note=note,
    )
    return made
