"""Search in the texts of items: their words are indexed in the background, after an import.

Words are compared whole and without regard to case, the last one of a search by its beginning.
Chinese and Japanese have no spaces between words, so each of their characters is a word, and a run
of them is looked for as a phrase.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.postgres.search import CombinedSearchQuery, SearchQuery
from django.db import OperationalError, connection, transaction
from psycopg.errors import ProgramLimitExceeded

from annotate.models import Item, ItemText, Project

BATCH = 500
# Of a text's characters: a tsvector holds 1 MB and knows 16,383 places, beyond which a phrase is
# not found for sure.
LONGEST = 200_000
COMMON = 2_000
_CJK = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
_CJK += "\U00020000-\U0003134f"
_RUN = re.compile(f"[{_CJK}]+")
# What stands in quotes, or up to the next space.
_PART = re.compile(r'-?"[^"]*"?|\S+')

_DUE = """
    SELECT project.id FROM annotate_project AS project
    WHERE (SELECT max(item.id) FROM annotate_item AS item WHERE item.project_id = project.id)
        > COALESCE((SELECT max(item_id) FROM annotate_itemtext AS text
            WHERE text.project_id = project.id), 0)
"""
_PLACE = """
    SELECT (SELECT min(id) FROM annotate_item WHERE project_id = %(project)s),
        (SELECT max(id) FROM annotate_item WHERE project_id = %(project)s),
        (SELECT max(item_id) FROM annotate_itemtext WHERE project_id = %(project)s)
"""
_INDEX = """
    INSERT INTO annotate_itemtext (item_id, project_id, words)
    SELECT whole.id, whole.project_id, to_tsvector('simple', CASE
        WHEN octet_length(whole.text) = length(whole.text) THEN whole.text
        ELSE regexp_replace(whole.text, %(characters)s, ' \\1 ', 'g') END)
    FROM (
        SELECT item.id, item.project_id, left(concat_ws(E'\\n',
            (SELECT string_agg(turn ->> 'content', E'\\n') FROM jsonb_array_elements(messages) AS turn),
            (SELECT string_agg(text, E'\\n' ORDER BY position) FROM annotate_completion
                WHERE item_id = item.id),
            (SELECT string_agg(concat_ws(E'\\n', passage ->> 'title', passage ->> 'text'), E'\\n')
                FROM jsonb_array_elements(contexts) AS passage)
        ), %(longest)s) AS text
        FROM annotate_item AS item WHERE item.id = ANY(%(items)s)
    ) AS whole
    ON CONFLICT (item_id) DO NOTHING
"""
_SUMMARISE = """
    INSERT INTO annotate_itemsummary (item_id, project_id, people, judges)
    SELECT id, project_id, 0, 0 FROM annotate_item WHERE id = ANY(%s) ORDER BY id
    ON CONFLICT (item_id) DO NOTHING
"""


# ----------------------------------------------------------------------------------------- indexing


def projects_to_index() -> Iterable[int]:
    """Ids of projects with items whose texts nobody has read yet."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE)
        return [pk for (pk,) in cursor.fetchall()]


def index_texts(project: Project) -> int:
    """Index the next items in the order of their ids; how many there were.

    Imports of a project take turns until they are stored, so that no smaller id comes later. Each
    item gets its summary as well, by which lists are sorted.
    """
    texts = ItemText.objects.filter(project=project).order_by("-item_id")
    after = texts.values_list("item_id", flat=True).first() or 0
    rows = Item.objects.filter(project=project, pk__gt=after).order_by("pk")
    items = list(rows.values_list("pk", flat=True)[:BATCH])
    if not items:
        return 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SUMMARISE, [items])
        _index(items, LONGEST)
    return len(items)


def _index(items: Sequence[int], longest: int) -> None:
    """Where words do not fit into an index entry, fewer of them are read."""
    parameters: dict[str, Any] = {
        "items": list(items),
        "longest": longest,
        "characters": f"([{_CJK}])",
    }
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_INDEX, parameters)
    except OperationalError as fault:
        if not isinstance(fault.__cause__, ProgramLimitExceeded):
            raise
        if len(items) == 1:
            _index(items, longest // 2)
        else:
            for item in items:
                _index([item], longest)


def coverage(project: Project) -> float:
    """The share of the project's items that a search looks through, from 0 to 1."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, {"project": project.pk})
        first, last, reached = cursor.fetchone()
    if last is None or (reached or 0) >= last:
        return 1.0
    return 0.0 if reached is None else float((reached - first + 1) / (last - first + 1))


# ---------------------------------------------------------------------------------------- searching


def few_with(project: Project, query: SearchQuery | CombinedSearchQuery) -> list[int] | None:
    """Ids of the items that have the words; None where they are so common that a list is no help."""
    found = ItemText.objects.filter(project=project, words=query).order_by()
    items = list(found.values_list("item_id", flat=True)[: COMMON + 1])
    return items if len(items) <= COMMON else None


def search_query(text: str) -> SearchQuery | CombinedSearchQuery:
    """What somebody typed, for ``words @@ …``.

    Several words have all to be there; "in quotes" they stand together; ``or`` and ``-`` before a
    word do what they do elsewhere. The last word is a beginning, unless it is in quotes.
    """
    parts = _PART.findall(text)
    last = parts[-1] if parts and not text[-1:].isspace() else ""
    if not last or last[0] in '-"' or last.lower() == "or" or _RUN.search(last):
        return _websearch(parts)
    quoted = last.replace("\\", "\\\\").replace("'", "''")
    beginning = SearchQuery(f"'{quoted}':*", config="simple", search_type="raw")
    before = parts[:-1]
    if not before:
        return beginning
    if before[-1].lower() == "or":
        return _websearch(before[:-1]) | beginning
    return _websearch(before) & beginning


def _websearch(parts: Sequence[str]) -> SearchQuery:
    return SearchQuery(" ".join(map(_spaced, parts)), config="simple", search_type="websearch")


def _spaced(part: str) -> str:
    """With every Chinese or Japanese character a word, and a run of them a phrase."""
    if part.lstrip("-").startswith('"'):
        return _RUN.sub(lambda run: f" {' '.join(run[0])} ", part)
    return _RUN.sub(lambda run: f' "{" ".join(run[0])}" ', part).replace('-  "', '-"').strip()
