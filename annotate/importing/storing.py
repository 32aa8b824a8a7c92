"""Which of a batch's rows are new, and what of the others is: a second run adds nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import connection

from annotate import audit
from annotate.eligibility import note_queues
from annotate.formats.base import brief
from annotate.gold_uses import follow_uses, is_aside
from annotate.importing.copying import Annotators, Writer, new_ids, seats_taken
from annotate.importing.rows import Label, Result, Row
from annotate.models import Annotation, Gold, Item, Media, Project
from annotate.questions import Answers


def take_turns(project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('annotate.import'), %s)", [project.pk]
        )


def store_rows(project: Project, rows: Sequence[Row], result: Result) -> None:
    rows = _with_their_files(project, rows, result)
    new, old = _known_and_new(project, rows, result)
    note_queues(project, {row.item.queue for row in new})
    annotators = Annotators(project)
    annotators.load(label.parsed for row in rows for label in row.labels)
    writer = Writer(project, annotators)
    for row in new:
        _drop_repeats(row, result)
    writer.add(new)
    result.added += len(new)
    result.labels += sum(len(row.labels) for row in new)
    for rows_of_items in _without_repeated_items(old):
        _add_labels(rows_of_items, writer, result)
    _add_gold(project, [*new, *old], result)


def _with_their_files(project: Project, rows: Sequence[Row], result: Result) -> list[Row]:
    """Rows whose files are all in the project; the others are reported. No query without files."""
    wanted = {name for row in rows for name in row.files}
    if not wanted:
        return list(rows)
    there = set(
        Media.objects.filter(project=project, name__in=wanted).values_list("name", flat=True)
    )
    kept = []
    for row in rows:
        if missing := next((name for name in row.files if name not in there), ""):
            row.fault(
                result,
                f"shows the file {brief(missing)}, which the project does not have; bring it in "
                "first, on the page Files or with import_media",
            )
        else:
            kept.append(row)
    return kept


def _known_and_new(
    project: Project, rows: Sequence[Row], result: Result
) -> tuple[list[Row], list[Row]]:
    """Rows of items that are to be added, and of those that are there; conflicts are left out."""
    there = _items_with_keys(project, [row.key for row in rows])
    new: dict[str, Row] = {}
    old = []
    for row in rows:
        if row.key in there:
            row.pk, texts = there[row.key]
        elif row.key in new:
            texts = new[row.key].identity
        else:
            new[row.key] = row
            continue
        if texts != row.identity:
            row.fault(
                result,
                f"key {brief(row.key)} is that of an item with other texts; "
                "give one of them another key",
                conflict=True,
            )
            continue
        result.present += 1
        old.append(row)
    _draw_ids(list(new.values()))
    for row in old:
        row.pk = row.pk or new[row.key].pk
    return list(new.values()), old


def _items_with_keys(project: Project, keys: list[str]) -> dict[str, tuple[int, str]]:
    """Ids and identities (``Row.identity``) of those items that are there, by key."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT item.key, item.id, item.prompt_hash || COALESCE((
                SELECT string_agg(
                    completion.text_hash || COALESCE(
                        jsonb_path_query_array(completion.media, '$[*].file')::text, ''),
                    '' ORDER BY completion.position)
                FROM annotate_completion AS completion WHERE completion.item_id = item.id), '')
            FROM annotate_item AS item WHERE item.project_id = %s AND item.key = ANY(%s)
            """,
            [project.pk, keys],
        )
        return {key: (pk, texts) for key, pk, texts in cursor.fetchall()}


def _draw_ids(rows: Sequence[Row]) -> None:
    for row, pk in zip(rows, new_ids("annotate_item", len(rows)), strict=True):
        row.pk = pk


def _drop_repeats(row: Row, result: Result) -> None:
    """Of several labels by one annotator on one line the first stands."""
    if len(row.labels) > 1:
        kept: dict[Any, Answers] = {}
        row.labels = [label for label in row.labels if _is_new(row, label, kept, result)]


def _is_new(row: Row, label: Label, there: dict[Any, Answers], result: Result) -> bool:
    """Whether no such label is there yet; another answer by the same annotator is a conflict."""
    name = (*label.annotator, label.parsed.purpose)
    if name not in there:
        there[name] = label.answers
        return True
    if there[name] == label.answers:
        result.labels_present += 1
    else:
        row.fault(
            result,
            f"{label.parsed.annotator} has labelled this item already, with another answer "
            f"({brief(there[name])}, not {brief(label.answers)}); the first one stays",
            conflict=True,
        )
    return False


def _without_repeated_items(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Groups of rows in which no item comes twice."""
    left = list(rows)
    while left:
        group: dict[int, Row] = {}
        later = []
        for row in left:
            if row.pk in group:
                later.append(row)
            else:
                group[row.pk] = row
        yield list(group.values())
        left = later


def _add_labels(rows: Sequence[Row], writer: "Writer", result: Result) -> None:
    """Add to items that are there what they do not have yet."""
    rows = [row for row in rows if row.labels]
    if not rows:
        return
    locked = Item.objects.select_for_update(no_key=True).filter(pk__in=[row.pk for row in rows])
    seats = dict(locked.order_by("pk").values_list("pk", "seats_left"))
    there = _labels_of(list(seats))
    for row in rows:
        before = there.setdefault(row.pk, {})
        row.labels = [label for label in row.labels if _is_new(row, label, before, result)]
    changed = [row for row in rows if row.labels]
    writer.add_annotations(changed)
    result.labels += sum(len(row.labels) for row in changed)
    _take_seats({row.pk: max(seats[row.pk] - seats_taken(row), 0) for row in changed})


def _add_gold(project: Project, rows: Sequence[Row], result: Result) -> None:
    """Make items gold that are not; other gold than what is there is a conflict."""
    rows = [row for row in rows if row.gold is not None]
    if not rows:
        return
    there = dict(
        Gold.objects.filter(item__in=[row.pk for row in rows]).values_list("item_id", "answers")
    )
    added: list[Gold] = []
    uses: dict[int, str | None] = {}
    for row in rows:
        if row.pk not in there and row.gold is not None:
            there[row.pk] = row.gold
            note, use = row.item.gold_note, row.item.gold_use
            uses[row.pk] = use
            added.append(
                Gold(item_id=row.pk, answers=row.gold, form=project.form, note=note, use=use)
            )
        elif there[row.pk] != row.gold:
            row.fault(
                result,
                f"the item is gold already, with another answer ({brief(there[row.pk])}, not "
                f"{brief(row.gold)}); the first one stays",
                conflict=True,
            )
    Gold.objects.bulk_create(added)
    if aside := {pk: use for pk, use in uses.items() if is_aside(use)}:
        locked = Item.objects.select_for_update(no_key=True).filter(pk__in=aside).order_by("pk")
        list(locked.values_list("pk", flat=True))
        follow_uses(project, before={}, after=aside)
    result.gold += len(added)
    if added:
        audit.record("gold.import", project=project, items=len(added))


def _labels_of(items: list[int]) -> dict[int, dict[Any, Answers]]:
    """Current answers by item and (kind, name, version, purpose) of who gave them."""
    found: dict[int, dict[Any, Answers]] = {}
    current = Annotation.objects.current().filter(item__in=items)
    for item, answers, *who in current.values_list(
        "item", "answers", "annotator__kind", "annotator__name", "annotator__version", "purpose"
    ):
        found.setdefault(item, {})[tuple(who)] = answers
    return found


def _take_seats(seats: Mapping[int, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE annotate_item AS item SET seats_left = new.seats, stale = true
            FROM unnest(%s::bigint[], %s::smallint[]) AS new(id, seats) WHERE item.id = new.id
            """,
            [list(seats), list(seats.values())],
        )
