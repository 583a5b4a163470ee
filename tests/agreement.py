"""How far results are from their oracles: asserted by the tests, and written down for the table in the docs."""

import json
from pathlib import Path

import numpy as np


class Agreements:
    """What the tests saw of each row of the table: the largest difference by oracle, and on which models it runs."""

    def __init__(self):
        self.worst = {}
        self.notes = {}

    def __call__(self, row, oracle, found, expected, tolerance=1e-4, scale=None, rounding=0.0):
        """Assert that `found` differs from `expected` by at most `tolerance` of the largest magnitude, and note it.

        Parameters
        ----------
        row : str
            The name of the method in the registry, or the slug of the row.
        oracle : str
            What `expected` comes from: "Captum", "Zennit", "closed form", "definition" (written out as loops), or
            "parity" for the other backend.
        scale : float, optional
            What the difference is relative to; by default the largest magnitude of `expected`.
        rounding : float
            The rounding of the single precision numbers of which the results are differences; comes off the difference.
        """
        found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
        assert found.shape == expected.shape, f"{found.shape} beside {expected.shape}"
        assert np.isfinite(found).all()
        largest = np.abs(expected).max() if scale is None else scale
        if largest == 0:  # a dead unit: nothing may be found there, and there is no share to note
            assert not found.any()
            return
        difference = max(float(np.abs(found - expected).max()) - rounding, 0.0) / largest
        key = (row, oracle)
        self.worst[key] = max(self.worst.get(key, 0.0), difference)
        assert difference <= tolerance, f"{row} differs from {oracle} by {difference:.2e} of the largest value"

    def note(self, row, what, key, value):
        """Keep something else that was seen of a row: ``note("lime", "models", "torch_chain", "runs")``."""
        self.notes[row, what, key] = value

    def seen(self):
        """Return the rows of the table, with what was seen of each, in the types of JSON."""
        rows = {}
        differences = {(row, "differences", oracle): float(worst) for (row, oracle), worst in self.worst.items()}
        for (row, what, key), value in {**differences, **self.notes}.items():
            rows.setdefault(row, {}).setdefault(what, {})[key] = value
        return rows

    def merge(self, rows):
        """Take over what another process has `seen`."""
        for row, found in rows.items():
            for what, values in found.items():
                for key, value in values.items():
                    if what == "differences":
                        self.worst[row, key] = max(self.worst.get((row, key), 0.0), value)
                    else:
                        self.note(row, what, key, value)

    def write(self, path):
        """Write what was seen as JSON, differences with two digits."""
        rows = self.seen()
        for found in rows.values():
            if "differences" in found:
                found["differences"] = {key: float(f"{worst:.1e}") for key, worst in found["differences"].items()}
        Path(path).write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n", "utf-8")


AGREEMENTS = Agreements()
"""One for the whole run."""
