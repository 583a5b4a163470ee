"""Where data are looked for and where the course keeps its own."""

from pathlib import Path

import pytest

import xai_course
from xai_course.data import DataError
from xai_course.data.places import data_home, keras_cache, sklearn_cache


def test_the_environment_names_the_folders(places):
    assert data_home() == places["home"]
    assert keras_cache() == places["keras"] / "datasets"
    assert sklearn_cache() == places["sklearn"]
    assert xai_course.cache_folder() == places["cache"]


def test_otherwise_they_are_the_usual_ones(places, monkeypatch, tmp_path):
    from sklearn.datasets import get_data_home

    for name in ("XAI_DATA_HOME", "KERAS_HOME", "SCIKIT_LEARN_DATA", "XAI_CACHE"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr("sys.platform", "linux")
    assert data_home() is None
    assert keras_cache() == tmp_path / ".keras" / "datasets"
    assert sklearn_cache() == Path(get_data_home())
    assert xai_course.cache_folder() == tmp_path / "caches" / "xai_course"
    assert xai_course.cache_folder().is_dir()


def test_a_folder_that_is_not_there_is_a_mistake(monkeypatch):
    monkeypatch.setenv("XAI_DATA_HOME", "/nowhere/at/all")
    with pytest.raises(DataError, match="no such folder"):
        data_home()
