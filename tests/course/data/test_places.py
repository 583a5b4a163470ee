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


@pytest.fixture
def homeless(places, monkeypatch):
    """A user whom the system does not know, as in many containers: no HOME, and no entry among the users."""
    for name in ("HOME", "XAI_CACHE", "KERAS_HOME", "SCIKIT_LEARN_DATA", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)

    def unknown(_):
        raise KeyError("uid not found")

    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("pwd.getpwuid", unknown)
    return places


@pytest.mark.parametrize(
    ("place", "variable"),
    [(xai_course.cache_folder, "XAI_CACHE"), (keras_cache, "KERAS_HOME"), (sklearn_cache, "SCIKIT_LEARN_DATA")],
)
def test_without_a_home_it_is_said_what_to_set(homeless, monkeypatch, place, variable):
    with pytest.raises(DataError, match=f"There is no home folder for '~'.* Set {variable} to a folder"):
        place()
    monkeypatch.setenv(variable, "~somebody/else")
    if variable != "KERAS_HOME":  # which Keras itself takes as it is
        with pytest.raises(DataError, match=f"There is no home folder for '~somebody/else'.* Set {variable}"):
            place()


@pytest.mark.parametrize("load", [xai_course.load_digits, xai_course.load_faces, xai_course.load_slices])
def test_a_home_is_needed_only_where_it_is_looked_into(homeless, load, tmp_path):
    with pytest.raises(DataError, match="There is no home folder"):
        load()
    (homeless["home"] / "mnist.npz").write_bytes(b"nothing")
    (homeless["home"] / "brain_mri_lgg_128.npz").write_bytes(b"nothing")
    (homeless["home"] / "lfw_home" / "lfw_funneled").mkdir(parents=True)
    with pytest.raises(DataError, match=r"is damaged|cannot be read"):
        load()


@pytest.mark.parametrize("way", ["is a file", "lies in a file", "is nowhere"])
def test_a_cache_folder_that_cannot_be_made_is_named(monkeypatch, tmp_path, way):
    file = tmp_path / "file"
    file.write_text("in the way")
    folder = {"is a file": file, "lies in a file": file / "cache", "is nowhere": Path("/proc/no/such")}[way]
    monkeypatch.setenv("XAI_CACHE", str(folder))
    with pytest.raises(DataError, match=rf"The cache folder {folder} cannot be made \(.+\); .* Set XAI_CACHE"):
        xai_course.cache_folder()


@pytest.mark.parametrize("variable", ["XAI_DATA_HOME", "KERAS_HOME"])
def test_a_path_that_cannot_be_looked_up_is_named(places, monkeypatch, variable):
    monkeypatch.setenv(variable, "a" * 5000)
    with pytest.raises(DataError, match=r"aaa.* cannot be looked up \(File name too long\)"):
        xai_course.load_digits()
