"""The index is the one that the lessons give, and everything it links is there."""

import re

import pytest

from making import index, notebooks


def test_the_index_has_not_drifted_from_the_lessons():
    assert index.PAGE.read_text(encoding="utf-8") == index.page(), "run make notebooks"


def test_every_lesson_is_linked_with_its_badges_and_solutions():
    page = index.page()
    for source in notebooks.sources():
        for link in (f"({source.stem}.ipynb)", f"(solutions/{source.stem}.ipynb)"):
            assert link in page
        assert notebooks.badges(notebooks.repository(), f"course/{source.stem}.ipynb") in page


def test_what_is_linked_is_there():
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", index.page()):
        assert (notebooks.COURSE / link).exists(), link


@pytest.mark.parametrize("page", sorted((notebooks.COURSE / "lecturer").glob("*.md")), ids=lambda page: page.stem)
def test_what_a_lecturer_is_sent_to_is_there(page):
    found = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert found
    for link in found:
        assert (page.parent / link).exists(), link


def test_a_lesson_says_its_aim_its_time_and_what_it_needs(tmp_path):
    source = tmp_path / "09_x.py"
    text = "# 9. Title\n\n**Aim.** To see\nmore.\n\n**Time.** 5 minutes: all 5.\n\n**You need** nothing.\n"
    source.write_text(f"# %% [markdown]\nr'''\n{text}'''\n")
    assert index.lesson(source) == index.Lesson("09_x", "9. Title", "To see more.", "5 minutes: all 5.", "nothing.")
    source.write_text(f"# %% [markdown]\nr'''\n{text.replace('**Time.**', 'Time')}'''\n")
    with pytest.raises(ValueError, match=r"09_x\.py: expected a title"):
        index.lesson(source)
