"""Which of an item's labels a format writes that has a record for each of them."""

from collections.abc import Iterator

from annotate.formats.base import ExportedItem, ExportedLabel, Option

PEOPLE, JUDGES, ALL = "people", "judges", "all"
SOURCE = Option("source", "Whose labels", PEOPLE, (PEOPLE, JUDGES, ALL))
NO_LABEL = "items without such a label"


def labels_of(item: ExportedItem, source: str, *questions: str) -> Iterator[ExportedLabel]:
    """Those by people or judges that answer one of ``questions``."""
    for label in item.labels:
        by = PEOPLE if label.kind == "human" else JUDGES
        if source in (by, ALL) and any(name in label.answers for name in questions):
            yield label
