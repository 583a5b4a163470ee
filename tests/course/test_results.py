"""Raw results are read by name."""

import json
import sys
from pathlib import Path

import pytest

import xai_course
from xai_course.data import DataError

FOLDER = Path(xai_course.__file__).parent / "results"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_results_are_those_of_the_file(path):
    assert xai_course.results(path.stem) == json.loads(path.read_text(encoding="utf-8"))


def test_a_damaged_file_is_named(monkeypatch, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "faces.json").write_text('{"controlled": [')
    monkeypatch.setattr(sys.modules[xai_course.results.__module__], "files", lambda _: tmp_path)
    with pytest.raises(DataError, match=r"faces\.json is damaged: it cannot be read .* Install the package"):
        xai_course.results("faces")


def test_results_that_are_not_there_are_named():
    with pytest.raises(ValueError, match="There are no results 'weather'; expected one of"):
        xai_course.results("weather")
