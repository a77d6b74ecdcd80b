"""How long `nhachan --help` takes, as a ratio to an empty Python process of the same interpreter: at most 5."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 25
LIMIT = 5.0


def seconds(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> int:
    program = Path(sys.executable).with_name("nhachan")
    pairs = [(seconds([str(program), "--help"]), seconds([sys.executable, "-c", "pass"])) for _ in range(RUNS)]
    ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(
        f"nhachan --help {ours * 1000:.1f} ms, python -c pass {bare * 1000:.1f} ms: ratio {ratio:.2f} (limit {LIMIT})"
    )
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
