"""Raw results are read by name."""

import json
from pathlib import Path

import pytest

import xai_course

FOLDER = Path(xai_course.__file__).parent / "results"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_results_are_those_of_the_file(path):
    assert xai_course.results(path.stem) == json.loads(path.read_text(encoding="utf-8"))


def test_results_that_are_not_there_are_named():
    with pytest.raises(ValueError, match="There are no results 'weather'; expected one of"):
        xai_course.results("weather")
