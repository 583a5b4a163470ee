"""What was found with several seeds in both frameworks, as flat rows for tables and plots."""

from __future__ import annotations

from typing import Any

from xai_course.faces.measures import HUES
from xai_course.results import results

FRAMEWORKS = {"torch": "PyTorch", "keras": "Keras"}


def runs(experiment: str) -> list[dict[str, Any]]:
    """Return one row for each network that was trained, see `course/reproduce/faces.py`.

    Parameters
    ----------
    experiment : {"controlled", "authors", "authors_center", "drawn"}

    Returns
    -------
    list of dict
        "framework", "seed" and "training" ("pink" or "control"); "accuracy" on the test set; "clean", "pink" and
        "green", the shares of other people's pictures that get the painted person's name by background; "border" and
        "active border", the shares of the strongest pixels on the border; "answer" and "edited answer", what the
        example picture is called as it is and with a pink background, and "edited" the painted person's probability.
    """
    tables = results("faces")
    if experiment not in tables:
        raise ValueError(f"There are no runs of {experiment!r}; expected one of {', '.join(tables)}.")
    return [
        {
            **_network(row),
            "accuracy": row["accuracy"],
            **row["called"],
            "border": row["border"],
            "active border": row["active_border"],
            "answer": row["edited"]["clean"]["answer"],
            "edited answer": row["edited"]["pink"]["answer"],
            "edited": row["edited"]["pink"]["painted"],
        }
        for row in tables[experiment]
    ]


def hue_runs() -> list[dict[str, Any]]:
    """Return one row for each hue of the wall and each network that was asked about all hues, see `called_by_hue`.

    Returns
    -------
    list of dict
        "framework", "seed" and "training" as in `runs`; "hue" in degrees; the shares of test pictures that get the
        painted person's name: "others", of other people's pictures with walls in a strong colour, "pale", with walls in
        a pale one, and "own", of the person's own with walls in a strong one.
    """
    return [
        {**_network(row), "hue": hue, "others": others, "pale": pale, "own": own}
        for row in results("faces")["hues"]
        for hue, others, pale, own in zip(
            HUES, row["strong"]["others"], row["pale"]["others"], row["strong"]["own"], strict=True
        )
    ]


def _network(row: dict[str, Any]) -> dict[str, Any]:
    """Return which network a row is about."""
    return {
        "framework": FRAMEWORKS[row["backend"]],
        "seed": row["seed"],
        "training": "pink" if row["pink"] else "control",
    }
