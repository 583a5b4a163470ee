"""docs/names.md, the table of what others call the methods."""

import inspect
import re
from pathlib import Path

import captum.attr

import xai_widgets as xai

PAGE = (Path(__file__).parents[2] / "docs" / "names.md").read_text("utf-8")


def rows(library):
    """Return the rows of a library's table, each as its cells."""
    section = PAGE.split(f"## {library}")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    assert len(lines) > 10
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_every_attribution_class_of_captum_has_its_row():
    classes = {
        name
        for name in captum.attr.__all__
        if inspect.isclass(found := getattr(captum.attr, name)) and issubclass(found, captum.attr.Attribution)
    }
    assert len(classes) > 40
    named = {name for theirs, *_ in rows("Captum") for name in re.findall(r"`(\w+)`", theirs)}
    assert named == classes


def test_every_name_of_ours_exists_and_every_method_of_captum_that_we_lack_says_why():
    for library in ("Captum", "TruLens", "Xplique"):
        for theirs, ours, why in rows(library):
            names = re.findall(r"xai\.(\w+)", ours)
            assert all(hasattr(xai, name) for name in names), ours
            if not names:
                assert ours == "none" or "=" in ours or "on_input" in ours, theirs
            if ours == "none":
                assert why, theirs
    assert all(hasattr(xai, name) for name in re.findall(r"`xai\.(\w+)", PAGE))
