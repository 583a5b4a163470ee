"""Write docs/methods.md: what there is, on which framework it runs, and how far it is from its oracles.

    python docs/methods.py             the table, from what the tests saw when they last ran for it
    python docs/methods.py --measure   the tests first, which write what they see to docs/agreements.json

Nothing in the table is written by hand but the words; the figures are those of the tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
ROOT = DOCS.parent
AGREEMENTS = DOCS / "agreements.json"
TABLE = DOCS / "methods.md"
TESTS = (
    "tests/parity",
    "tests/methods",
    "tests/attribution",
    "tests/concepts",
    "tests/similarity",
    "tests/models/test_steering.py",
)

PARITY = "parity"
"""What the tests call the comparison of the two frameworks."""

ROWS = {
    "quantities": "Quantities: class, top class, probability, log-probability, why A and not B",
    "segment": "Quantity: sum over an output mask (`Segment`)",
    "channel": "Slices: influential channel and its mask (`influential_channel`, `channel_mask`)",
    "layer": "Slices: gradient × activation, integrated gradients and neurons at a layer",
    "neuron_conductance": "Slices: what flows through one unit (`NeuronConductance`)",
    "interpolation": "Layers: interpolation to the input (`Attribution.on_input`)",
    "formula": "Units: the formula of concepts that one is most like (`Dissection.formula`)",
    "steering": "Models: a direction added, units taken out, an output replaced (`with_direction` and its like)",
    "tokens": "Inputs: words through an embedding (`wrap(vocabulary=...)`)",
    "several": "Inputs: several tensors",
}
"""What is no method and has its row all the same, by its name in the tests, or by its first word there."""

KINDS = {"torch": "PyTorch", "keras": "Keras"}

QUANTUS = """\
By hand beside Quantus 0.6.0, in an environment of its own, on six pictures of 48 x 48 and the small face network of the
benchmarks, erased to 0: curves of pixel flipping (`Deletion`, 72 steps) differ by at most 3e-08, of region perturbation
(squares of 8) by 7e-08, and pointing game, relevance mass and rank (`Localisation`) by 5e-08. Its MPRT draws other
weights, its sensitivity other neighbours."""


def main() -> None:
    """Run the tests where asked to, and write the table."""
    if "--measure" in sys.argv[1:]:
        AGREEMENTS.unlink(missing_ok=True)
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--numprocesses=2", *TESTS],
            cwd=ROOT,
            env={**os.environ, "XAI_AGREEMENTS": str(AGREEMENTS)},
            check=True,
        )
    TABLE.write_text(page(json.loads(AGREEMENTS.read_text("utf-8"))), "utf-8")


def page(seen: dict[str, Any]) -> str:
    """Return the page as Markdown."""
    sys.path.insert(0, str(ROOT))
    import xai_widgets  # noqa: F401  what it imports registers itself
    from xai_widgets.answers.registry import REGISTRY
    from xai_widgets.attribution.family import FAMILIES
    from xai_widgets.attribution.method import METHODS

    lines = [
        "<!-- Written by docs/methods.py from what the tests saw: run `make methods` instead of editing it. -->",
        "# What there is, and how far it is from its oracles",
        "",
        "Differences are the largest that the tests saw, as a share of the largest value: of PyTorch from another",
        'implementation or a closed form ("oracle"), and of Keras from PyTorch on the same weights ("parity"). Small',
        "networks are compared: convolutions, a reused ReLU, residual additions, batch normalisation, dense layers.",
        "Where a method samples or searches, a closed form is met within the error of that.",
        "How other libraries call the same is in [names.md](names.md).",
    ]
    for family, (label, sentence) in FAMILIES.items():
        lines += ["", f"## {label}", "", sentence, "", *_heading()]
        lines += [_row(method, seen.get(name, {})) for name, method in METHODS.items() if method.family == family]
    lines += ["", "## Judging an explanation", "", "What a metric says of an explanation, by any method.", ""]
    lines += ["| metric | reference | better | oracle | worst difference | parity | streams | options |"]
    lines += ["|---|---|---|---|---:|---:|---|---|"]
    lines += [
        _metric(metric, _beside(name, seen), seen.get(name, {})) for name, metric in REGISTRY["evaluation"].items()
    ]
    lines += ["", QUANTUS]
    lines += ["", "## What a network has learnt", "", "Of a layer's units over a set of inputs.", ""]
    lines += ["| row | what it says | reference | oracle | worst difference | parity | options |"]
    lines += ["|---|---|---|---|---:|---:|---|"]
    lines += [_finder(finder, _beside(name, seen)) for name, finder in REGISTRY["concept"].items()]
    lines += [
        "",
        "## Whether layers are alike",
        "",
        "Of the layers of two networks over the same inputs (`compare`).",
        "",
    ]
    lines += ["| row | what it says | reference | oracle | worst difference | parity | options |"]
    lines += ["|---|---|---|---|---:|---:|---|"]
    lines += [_finder(index, _beside(name, seen)) for name, index in REGISTRY["similarity"].items()]
    lines += ["", "## Beside the methods", "", "| row | oracle | worst difference | parity |", "|---|---|---:|---:|"]
    lines += [_other(words, _beside(name, seen)) for name, words in ROWS.items()]
    return "\n".join([*lines, "", *_refusals(METHODS, seen), ""])


def _heading() -> list[str]:
    columns = ("method", "reference", *KINDS.values(), "oracle", "worst difference", "parity", "streams", "explorer")
    return ["| " + " | ".join(columns) + " |", "|---|---|---|---|---|---:|---:|---|---|"]


def _row(method: Any, seen: dict[str, Any]) -> str:
    runs = {kind: _runs(seen, kind) for kind in KINDS}
    oracles, worst, parity = _differences(seen)
    sliders = ", ".join(option.label.lower() for option in method.controls() if option.shown) or "none"
    several = seen.get("stream", {}).get("several", False)
    cells = [f"`{method.__name__}`", method.reference, *runs.values(), oracles, worst, parity]
    return "| " + " | ".join([*cells, "yes" if several else "at once", sliders]) + " |"


def _metric(metric: Any, beside: dict[str, Any], seen: dict[str, Any]) -> str:
    options = ", ".join(option.label.lower() for option in metric.options() if option.shown) or "none"
    streams = "yes" if seen.get("stream", {}).get("several", False) else "at once"
    cells = [f"`{metric.__name__}`", metric.reference, metric.better, *_differences(beside), streams, options]
    return "| " + " | ".join(cells) + " |"


def _finder(finder: Any, beside: dict[str, Any]) -> str:
    options = ", ".join(option.label.lower() for option in finder.options() if option.shown) or "none"
    cells = [f"`{finder.__name__}`", finder.sentence, finder.reference, *_differences(beside), options]
    return "| " + " | ".join(cells) + " |"


def _beside(name: str, seen: dict[str, Any]) -> dict[str, Any]:
    """Return the largest differences of a row, over all that the tests saw under its first word."""
    worst: dict[str, float] = {}
    for row, found in seen.items():
        if row.split()[0] == name:
            for oracle, difference in found.get("differences", {}).items():
                worst[oracle] = max(worst.get(oracle, 0.0), difference)
    return {"differences": worst}


def _other(words: str, seen: dict[str, Any]) -> str:
    return "| " + " | ".join([words, *_differences(seen)]) + " |"


def _differences(seen: dict[str, Any]) -> tuple[str, str, str]:
    found = dict(seen.get("differences", {}))
    parity = found.pop(PARITY, None)
    worst = f"{max(found.values()):.0e}" if found else "-"
    return ", ".join(found) or "-", worst, "-" if parity is None else f"{parity:.0e}"


def _runs(seen: dict[str, Any], kind: str) -> str:
    models = {name: said for name, said in seen.get("models", {}).items() if name.startswith(kind)}
    runs = sum(said == "runs" for said in models.values())
    return "-" if not models else "yes" if runs == len(models) else f"{runs} of {len(models)} models"


def _refusals(methods: dict[str, Any], seen: dict[str, Any]) -> list[str]:
    """Return the list of what is refused on which of the tests' models, and why."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for name, method in methods.items():
        for model, said in seen.get(name, {}).get("models", {}).items():
            if said != "runs":
                reasons.setdefault((model, said), []).append(f"`{method.__name__}`")
    lines = ["## What is refused, and why", "", "Of the models that the tests put to every method:", ""]
    lines += ["| model | methods | reason |", "|---|---|---|"]
    for (model, said), names in sorted(reasons.items()):
        lines.append(f"| {model.replace('_', ', ', 1).replace('_', ' ')} | {', '.join(names)} | {said} |")
    return lines


if __name__ == "__main__":
    main()
