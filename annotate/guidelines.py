"""Guidelines are never changed: an edit is the next version."""

from django.db import transaction

from annotate.models import Guidelines, Project


@transaction.atomic
def add_guidelines(project: Project, text: str) -> Guidelines:
    """Store ``text`` as the next version; the same text again gives back the version there is."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    last = project.guideline_versions.order_by("-version").first()
    if last is not None and last.text == text:
        return last
    return project.guideline_versions.create(version=last.version + 1 if last else 1, text=text)
