"""Lines of our own format, as few words as they may have."""


def record(key="k1", **change):
    return {
        "key": key,
        "prompt": "Why?",
        "completions": [{"text": "So."}, {"text": "Because."}],
        **change,
    }


def label(annotator="Ann", value=1, **change):
    return {"annotator": annotator, "answers": {"overall": {"value": value}}, **change}
