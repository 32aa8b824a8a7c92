"""Rows of hand-written SQL as model instances, for the queries that every submission runs.

The ORM compiles a query anew each time that it runs, which costs these more than the database does.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

M = TypeVar("M", bound=Model)


class Columns(Generic[M]):
    """A model's columns, all or those named, as a query selects them and a row gives them back.

    ``only`` has names of fields as they stand on the instance (``project_id``); the others are
    fetched when they are asked for. ``table`` is what the query calls the table.
    """

    def __init__(self, model: type[M], table: str, *, only: Sequence[str] = ()) -> None:
        fields = [f for f in model._meta.concrete_fields if not only or f.attname in only]
        self.model, self.names = model, [field.attname for field in fields]
        self.sql = ", ".join(f'{table}."{field.column}"' for field in fields)
        self._converters = list(_converters(fields))

    def __len__(self) -> int:
        return len(self.names)

    def instance(self, values: Sequence[Any]) -> M:
        """Of the row's values in the order of ``sql``; more may follow."""
        row = list(values[: len(self.names)])
        for place, convert, expression in self._converters:
            row[place] = convert(row[place], expression, connection)
        return self.model.from_db(DEFAULT_DB_ALIAS, self.names, row)


def _converters(fields: Sequence[Any]) -> Iterator[tuple[int, Any, Any]]:
    """What makes a field's value of a column's, by the field's place."""
    for place, field in enumerate(fields):
        expression = field.get_col(field.model._meta.db_table)
        for convert in [
            *connection.ops.get_db_converters(expression),
            *expression.get_db_converters(connection),
        ]:
            yield place, convert, expression


def fetch(query: str, parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())
