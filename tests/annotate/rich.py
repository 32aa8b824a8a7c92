"""Records that hold everything a project can hold."""

from annotate.formats import importer
from annotate.importing import import_items


def label(annotator="Ann", value=1, **change):
    answers = {"overall": {"value": value, "both_bad": False}, **change.pop("answers", {})}
    return {"annotator": annotator, "kind": "human", "answers": answers, **change}


def record(key="k1", **change):
    return {
        "key": key,
        "messages": [{"role": "user", "content": "Why?"}],
        "completions": [
            {"text": f"First of {key}.", "generator": "m1"},
            {"text": f"Second of {key}.", "generator": "m2"},
        ],
        **change,
    }


RICH = [
    record(
        "k1",
        contexts=[{"title": "T", "text": "A passage.\r\n"}],
        source="set",
        metadata={"topic": "x", "n": 1.5, "deep": {"list": [1, None, "é"]}},
        overlap=4,
        labels=[
            label(
                "Ann",
                -2,
                answers={"why": {"text": " Because\r\n\t👩‍👩‍👧 עברית \u2028"}},
                created_at="2026-01-02T03:04:05.678901+00:00",
                seconds_spent=12.25,
                active_seconds=3.0,
                focused_seconds=5.5,
                order=[1, 0],
                raw={"hit": "h1"},
                suggestions={"arm": "before", "shown": "before", "informed": True, "by": "gpt"},
            ),
            label("Bea", 1, created_at="2026-01-02T03:04:06+00:00"),
            label(
                "gpt",
                2,
                kind="llm",
                version=2,
                description="A judge.",
                created_at="2026-01-02T03:04:07+00:00",
            ),
            label(
                "Rev",
                1,
                purpose="review",
                reason="B says why.",
                created_at="2026-01-02T03:04:08+00:00",
            ),
        ],
    ),
    record(
        "k2",
        labels=[
            label("gpt", 0, kind="llm", version=2, created_at="2026-01-02T03:04:07+00:00"),
            {
                "annotator": "Ann",
                "kind": "human",
                "answers": {"overall": {"value": None, "both_bad": True}},
                "created_at": "2026-01-02T03:04:07+00:00",
            },
        ],
    ),
    record("k3"),
]


def bring_in(project, records):
    result = import_items(project, records, importer("tandem", project.questions, {}))
    assert not result.bad
    return result
