"""Files as lines, arrays and groups of rows: the same records however they are cut. No database."""

import io
import json

import pytest

from annotate.formats.base import ARRAY, GROUPS, LINES, BadLine
from annotate.importing import Place, pieces
from annotate.importing.pieces import pieces_of


class Format:
    recalls = False

    def __init__(self, container):
        self.container = container

    def group_of(self, row):
        return None if row.startswith(b"#") else row.split(b"\t")[0]


def read(data, container=ARRAY, *, place=None):
    """Every piece, read from one batch to the next as a new process would."""
    place, found = place or Place(), []
    while True:
        batch, place = pieces_of(io.BytesIO(data), Format(container), place).read(place)
        if not batch:
            return found, place
        found += batch


def contents(data, container=ARRAY):
    return [piece.content for piece in read(data, container)[0]]


RECORDS = [
    {"a": 'brackets ]}[{ and "quotes" \\', "b": [1, [2, {"c": "\\\\"}]]},
    {"é😀": "\n\u2028"},
    {},
    {"long": 'x"' * 300},
]


@pytest.mark.parametrize("indent", [None, 0, 3])
@pytest.mark.parametrize("chunk", [1, 2, 7, 64, 2**20])
def test_elements_of_an_array_are_found_wherever_it_is_cut(monkeypatch, chunk, indent):
    monkeypatch.setattr(pieces, "CHUNK", chunk)
    data = json.dumps(RECORDS, indent=indent, ensure_ascii=indent == 0).encode()
    found, end = read(b"\xef\xbb\xbf \n" + data + b"\n")
    assert [json.loads(one.content) for one in found] == RECORDS
    assert [one.record for one in found] == [1, 2, 3, 4]
    assert end.offset == len(data) + 6


@pytest.mark.parametrize("container", [ARRAY, GROUPS, LINES])
def test_a_batch_goes_on_where_the_last_one_ended(monkeypatch, container):
    monkeypatch.setattr(pieces, "BATCH_LINES", 2)
    if container == GROUPS:
        data = b"# head\nb\t1\na\t1\nb\t2\n\nc\t1\na\t2"
    else:
        data = json.dumps([{"n": n} for n in range(5)], indent=1).encode()
        data = data if container == ARRAY else b"\n".join(b'{"n": %d}' % n for n in range(5))
    at_once, _ = read(data, container)
    monkeypatch.setattr(pieces, "BATCH_LINES", 1)
    one_by_one, end = read(data, container)
    assert one_by_one == at_once
    assert len(at_once) == (4 if container == GROUPS else 5)
    assert end.offset == len(data)


def test_an_element_is_told_by_the_line_it_begins_on_and_its_number():
    found, _ = read(b'[{"a":\n1},\n\n{"b": 2}, {"c": 3}]')
    assert [(one.line, one.record) for one in found] == [(1, 1), (4, 2), (4, 3)]


def test_a_file_that_is_no_array_is_read_by_lines():
    found, _ = read(b'{"a": [1]}\n\n{"b": 2}\n')
    assert [(one.line, one.content, one.record) for one in found] == [
        (1, b'{"a": [1]}\n', 0),
        (2, b"\n", 0),
        (3, b'{"b": 2}\n', 0),
    ]


def test_a_bad_element_costs_no_other():
    assert contents(b'[{"a": 1,}, 12, "x]", null, {"b": 2]}, {"c": 3}]')[:4] == [
        b'{"a": 1,}',
        b"12",
        b'"x]"',
        b"null",
    ]
    assert contents(b"[]") == contents(b" [ \n ] ") == contents(b"") == []


@pytest.mark.parametrize("batch", [1, 2, 5])
@pytest.mark.parametrize("chunk", [1, 3, 2**20])
def test_what_stands_behind_the_array_is_told_and_not_read(monkeypatch, chunk, batch):
    monkeypatch.setattr(pieces, "CHUNK", chunk)
    monkeypatch.setattr(pieces, "BATCH_LINES", batch)
    (first, second), end = read(b' [{"a": 1}] \n [{"b": 2}]\n')
    assert first.content == b'{"a": 1}'
    assert "is followed by more than the array" in str(second.content)
    assert (second.line, end.offset) == (1, 25)


@pytest.mark.parametrize("data", [b'[{"a": 1}, {"b": "', b'[{"a": 1}, {"b": 2', b'[{"a": 1}, 12'])
def test_an_array_that_is_cut_off_says_so_at_its_last_element(data):
    whole, cut = contents(data)
    assert whole == b'{"a": 1}'
    assert isinstance(cut, BadLine)
    assert "cut off by the end of the file" in str(cut)


def test_an_element_that_is_too_long_ends_the_array_with_a_message(monkeypatch):
    monkeypatch.setattr(pieces, "LONGEST_LINE", 50)
    monkeypatch.setattr(pieces, "CHUNK", 16)
    first, second = contents(b'[{"a": 1}, {"b": "%s"}, {"c": 3}]' % (b"x" * 200))
    assert first == b'{"a": 1}'
    assert isinstance(second, BadLine)


def test_rows_of_a_group_come_together_at_the_place_of_the_first():
    data = b"# system\tdoc\nb\tone\r\na\ttwo\nb\tthree\n\na\tfour"
    found, end = read(data, GROUPS)
    assert [(one.line, one.content) for one in found] == [
        (2, [(2, b"b\tone\r\n"), (4, b"b\tthree\n")]),
        (3, [(3, b"a\ttwo\n"), (6, b"a\tfour")]),
        (5, [(5, b"\n")]),
    ]
    assert (end.line, end.offset) == (7, len(data))


def test_groups_whose_hashes_are_the_same_stay_apart(monkeypatch):
    rows = [b"%s\t%d\n" % (name, n) for n in range(3) for name in (b"a", b"b")]
    apart = contents(b"".join(rows), GROUPS)
    monkeypatch.setattr(pieces, "_hash", lambda group: 7)
    assert contents(b"".join(rows), GROUPS) == apart
    assert len(apart) == 2


def test_groups_are_found_among_rows_in_any_order():
    rows = [b"%d\t%d\n" % (n * 37 % 50, n) for n in range(500)]
    groups = contents(b"".join(rows), GROUPS)
    assert len(groups) == 50
    assert sorted(row for group in groups for _, row in group) == sorted(rows)
    assert all(len({row.split(b"\t")[0] for _, row in group}) == 1 for group in groups)
