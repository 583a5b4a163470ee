"""Raw results as tables of rows in a JSON file, written row by row, so that an interrupted experiment goes on later."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

Row = dict[str, Any]


class Rows:
    """The tables of one experiment.

    Parameters
    ----------
    path : Path
        A JSON file: a dict of tables, each a list of rows. It need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tables: dict[str, list[Row]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def find(self, table: str, **key: Any) -> Row | None:
        """Return the row that has all these values, or None."""
        return next(iter(self.all(table, **key)), None)

    def all(self, table: str, **key: Any) -> list[Row]:
        """Return the rows that have all these values."""
        rows = self.tables.get(table, [])
        return [row for row in rows if all(row.get(name) == value for name, value in key.items())]

    def add(self, table: str, row: Row) -> None:
        """Append a row and write the file."""
        self.tables.setdefault(table, []).append(row)
        self.write()

    def write(self) -> None:
        """Write the file, which at no time is half written."""
        lines = ",\n".join(
            f'"{name}": [\n' + ",\n".join(f"  {json.dumps(row)}" for row in rows) + "\n]"
            for name, rows in self.tables.items()
        )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=self.path.parent, prefix=f"{self.path.name}.", delete=False, encoding="utf-8"
        ) as file:
            file.write(f"{{\n{lines}\n}}\n")
        temporary = Path(file.name)
        temporary.chmod(0o644)  # a temporary file is for the eyes of its maker alone, results are not
        temporary.replace(self.path)
