"""How long `make up` takes to answer, the first and the second time, and to stop.

python bench/start.py            in a new data folder, with what is installed
python bench/start.py --clone    in a bare clone, with the installation
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
LIMIT_SECONDS = 1800


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--clone", action="store_true", help="begin with a bare clone and install")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tandem-start-") as folder:
        figures = measure(Path(folder), clone=options.clone)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<24} {value:8.2f}")


def measure(folder: Path, *, clone: bool) -> dict[str, float]:
    root, command = ROOT, [sys.executable, "-m", "annotate.supervisor"]
    if clone:
        root, command = folder / "clone", ["make", "up"]
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(root)], check=True)
    first, first_stop = start_and_stop(root, command, folder)
    second, second_stop = start_and_stop(root, command, folder)
    return {
        "first_start_seconds": first,
        "second_start_seconds": second,
        "stop_seconds": max(first_stop, second_stop),
    }


def start_and_stop(root: Path, command: list[str], folder: Path) -> tuple[float, float]:
    """Until the address is printed, which is after the first answer; then until Ctrl-C is done."""
    environment = {**os.environ, "ANNOTATE_VAR": str(folder / "var"), "PORT": str(free_port())}
    with (folder / "output").open("w+") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=root,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        wait_for_address(process, output, begin)
        started = time.perf_counter() - begin
        begin = time.perf_counter()
        os.killpg(process.pid, signal.SIGINT)
        process.wait()
        return round(started, 2), round(time.perf_counter() - begin, 2)


def wait_for_address(process: "subprocess.Popen[bytes]", output: IO[str], begin: float) -> None:
    said = ""
    while "Tandem runs at" not in said:
        time.sleep(0.02)
        said = Path(output.name).read_text(encoding="utf-8")
        if process.poll() is not None:
            sys.exit(f"make up ended:\n{said}")
        if time.perf_counter() - begin > LIMIT_SECONDS:
            os.killpg(process.pid, signal.SIGINT)
            sys.exit(f"No address within {LIMIT_SECONDS} s:\n{said}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
