"""A student's file under mypy: nothing that matters is `Any`, and slips are found."""

import re
from pathlib import Path

import pytest
from mypy import api

ROOT = Path(__file__).parents[2]
USER = Path(__file__).with_name("user.py")

TYPES = {
    "array": r"numpy\.ndarray\[.*\]",
    "list[str]": r"(builtins\.)?list\[(builtins\.)?str\]",
    "int": r"(builtins\.)?int",
    "float": r"(builtins\.)?float",
    "Any": "Any",
}


@pytest.fixture(scope="module")
def said():
    """Return what mypy says of each line of the file, by its number."""
    out, _, _ = api.run(["--strict", "--config-file", str(ROOT / "pyproject.toml"), str(USER)])
    found = {}
    for line in out.splitlines():
        match = re.match(r".*user\.py:(\d+): (.*)", line)
        if match:
            found.setdefault(int(match[1]), []).append(match[2])
    assert found, out
    return found


def expected(words):
    """Return a pattern for a type that is written as readers would."""
    return r" \| ".join(TYPES.get(word, rf"xai_widgets\.[\w.]*\.{word}") for word in words.split(" | "))


LINES = list(enumerate(USER.read_text("utf-8").splitlines(), 1))


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("number", "words"), [(n, line.partition("  # ")[2]) for n, line in LINES if "  # " in line])
def test_a_checker_of_types_knows(said, number, words):
    notes = " ".join(said.get(number, []))
    if words == "wrong":
        assert "error" in notes
    else:
        assert re.fullmatch(rf'note: Revealed type is "{expected(words)}"', notes), notes


def test_nothing_else_is_wrong(said):
    wrong = {n for n, line in LINES if line.endswith("  # wrong")}
    assert {n for n, notes in said.items() if any("error" in note for note in notes)} == wrong


def test_the_package_says_that_it_has_types():
    assert (ROOT / "xai_widgets" / "py.typed").exists()
