"""What a part of the benchmark brings, and how it is written down."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

PACKAGES = ("numpy", "torch", "captum", "tensorflow-cpu", "keras", "efficientnet-lite-pytorch", "jupyterlab")

INTRODUCTION = """\
# Benchmarks

Written by `python -m benchmarks` (`make bench`). Only figures of one run compare with each other, so read the ratios:
ours divided by theirs, where less is better unless the limit says "at least".
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure beside the one that it is held against.

    Attributes
    ----------
    name : str
        What is measured.
    ours, theirs : float or None
        The two figures, in `unit`; None where there is none.
    against : str
        What `theirs` is, with the settings that it was tuned to.
    unit : str
    limit : float, optional
        What the ratio ours / theirs may be at most.
    at_least : bool
        Whether `limit` is the least that the ratio may be.
    difference : float, optional
        The largest difference of the two results as a share of the largest value: speed bought by being wrong shows.
    """

    name: str
    ours: float
    against: str = ""
    theirs: float | None = None
    unit: str = "ms"
    limit: float | None = None
    at_least: bool = False
    difference: float | None = None

    @property
    def ratio(self) -> float | None:
        return None if self.theirs is None else self.ours / self.theirs

    @property
    def met(self) -> bool | None:
        """Whether the limit is met; None where there is none."""
        if self.limit is None or self.ratio is None:
            return None
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit


@dataclass(frozen=True)
class Table:
    """Rows that belong together, with a sentence on how they were measured."""

    title: str
    sentence: str
    rows: list[Row] = field(default_factory=list)


def document(tables: list[Table]) -> str:
    """Return the whole of RESULTS.md."""
    return "\n".join([INTRODUCTION, machine(), *(written(table) for table in tables)])


def written(table: Table) -> str:
    """Return a table in Markdown."""
    lines = [
        f"## {table.title}",
        "",
        table.sentence,
        "",
        "| | ours | theirs | unit | against | ratio | limit | met | largest difference |",
        "|---|---:|---:|---|---|---:|---:|---|---:|",
    ]
    for row in table.rows:
        limit = "" if row.limit is None else f"{'at least ' if row.at_least else ''}{row.limit:.4g}"
        met = {True: "yes", False: "**no**", None: ""}[row.met]
        figures = [_figure(row.ours), _figure(row.theirs), row.unit, row.against]
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        difference = "" if row.difference is None else f"{row.difference:.0e}"
        lines.append(f"| {' | '.join([row.name, *figures, ratio, limit, met, difference])} |")
    return "\n".join([*lines, ""])


def machine() -> str:
    """Return the machine's description: the same code has other ratios elsewhere."""
    versions = []
    for package in PACKAGES:
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"Machine: {_processor()}, {os.cpu_count()} cores; {system}; {', '.join(versions)}.\n"


def _processor() -> str:
    """The processor's name; `platform` does not tell it on Linux."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
