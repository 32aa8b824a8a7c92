"""How long pairs take to come in and labelled items to go out, inside a running process.

    python bench/import_export.py --json

Pairs have a prompt of 60 words and two completions of 120 (about 1.9 KB). Imports are of 10,000 and
100,000 of them without labels and of 10,000 with three labels each; exports are of 10,000 items with
three labels each, a new snapshot included. Everything happens in a new database of its own. Figures
are seconds, the median of `--repeats` runs for 10,000, and the peak memory of this process in MiB.
"""

import argparse
import io
import json
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    from annotate.models import Project

WORDS = "the of model answer people about a question because it is with from which could".split()  # noqa: SIM905
ANNOTATORS = 3


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--many", type=int, default=100_000, help="items of the large import")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder:
        figures = measure(folder, repeats=options.repeats, many=options.many)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<32}{value:10.3f}")


def measure(folder: str, *, repeats: int, many: int) -> dict[str, float]:
    os.environ |= {"ANNOTATE_VAR": folder, "DJANGO_SETTINGS_MODULE": "annotate.settings"}
    os.environ.pop("DATABASE_URL", None)
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    server = settings.EMBEDDED
    assert server is not None
    server.use()
    try:
        call_command("migrate", verbosity=0, skip_checks=True)
        return _measure(Path(folder), repeats=repeats, many=many)
    finally:
        connection.close()
        server.leave()


def _measure(folder: Path, *, repeats: int, many: int) -> dict[str, float]:
    small, labelled = pairs(10_000), pairs(10_000, labels=ANNOTATORS)
    figures = {
        "import_10000_s": median(repeats, lambda: bring_in(new_project(), small)),
        "import_10000_labelled_s": median(repeats, lambda: bring_in(new_project(), labelled)),
    }
    project = new_project()
    bring_in(project, labelled)
    for name in ("tandem", "trl"):
        export = partial(take_out, project, name, folder / "out.jsonl")
        figures[f"export_10000_{name}_s"] = median(repeats, export)
    large = folder / "large.jsonl"
    with large.open("wb") as file:
        file.writelines(line(number) for number in range(many))
    before = peak()
    project = new_project()
    begin = time.perf_counter()
    with large.open("rb") as file:
        bring_in(project, file)
    figures[f"import_{many}_s"] = time.perf_counter() - begin
    figures["peak_mib"] = peak()
    figures["peak_growth_of_large_import_mib"] = peak() - before
    return figures


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def median(repeats: int, run: Callable[[], None]) -> float:
    return statistics.median(timed(run) for _ in range(repeats))


def timed(run: Callable[[], None]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def line(number: int, labels: int = 0) -> bytes:
    rng = random.Random(number)  # noqa: S311 no secret
    record = {
        "key": f"pair-{number}",
        "messages": [{"role": "user", "content": " ".join(rng.choices(WORDS, k=60))}],
        "completions": [
            {"text": " ".join(rng.choices(WORDS, k=120)), "generator": f"model-{side}"}
            for side in "ab"
        ],
        "labels": [
            {"annotator": f"person-{n}", "answers": {"overall": {"value": rng.randint(-2, 2)}}}
            for n in range(labels)
        ],
    }
    return json.dumps(record).encode() + b"\n"


def pairs(number: int, labels: int = 0) -> bytes:
    return b"".join(line(n, labels) for n in range(number))


def new_project() -> "Project":
    from annotate.presets import create_project, preset_named

    slug = f"bench-{time.monotonic_ns()}"
    return create_project(name=slug, slug=slug, preset=preset_named("pairwise"))


def bring_in(project: "Project", data: "bytes | io.BufferedReader") -> None:
    from annotate.formats import importer
    from annotate.importing import Result, import_file

    result = Result()
    reader = importer("tandem", project.questions, {})
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    for _ in import_file(project, file, reader, result=result):
        pass
    if result.bad or not result.added:
        raise SystemExit(f"The import went wrong: {result.summary()}")


def take_out(project: "Project", name: str, path: Path) -> None:
    from annotate.exporting import exporter_for, write_snapshot
    from annotate.snapshots import take_snapshot

    snapshot = take_snapshot(project)
    with path.open("w", encoding="utf-8") as file:
        write_snapshot(snapshot, exporter_for(snapshot, name, {}), file)


if __name__ == "__main__":
    main()
