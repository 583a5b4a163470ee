"""What the course teaches of the lectures is read in the lessons, and whatever a lesson no longer has is found."""

import pytest

from docs import coverage
from making import notebooks

LESSON = '''
# %% [markdown]
r"""
# 99. Roses

**Aim.** All about roses.
"""

# %% [markdown]
r"""
## 1. Thorns

They are *sharp*, as
everybody knows.
"""

# %%
# ## no title
xai.explore(model, roses)

# %% [markdown]
r"""
## Further reading

- A. Gardener (1999), *Pruning*.
"""
'''


@pytest.fixture
def lessons(tmp_path):
    source = tmp_path / "99_roses.py"
    source.write_text(LESSON.lstrip(), encoding="utf-8")
    return {"99": list(coverage.sections(source))}


def test_the_page_is_what_the_script_reads_in_the_lessons():
    assert coverage.PAGE.read_text("utf-8") == coverage.page(), "run docs/coverage.py"


def test_every_lesson_is_on_the_page():
    page = coverage.page()
    assert not [source.stem for source in notebooks.sources() if f"{source.stem}.ipynb" not in page]


@pytest.mark.parametrize("words", ["Thorns", "thorn", "sharp*, as everybody"])
def test_what_a_part_says_is_found_there_with_its_widget(lessons, words):
    found = coverage.place(lessons, "99", words, coverage.Topic("Thorns"))
    assert coverage.link(found) == "[99](../course/99_roses.ipynb) Thorns"
    assert found.widgets == ("explore",)


def test_the_title_of_a_lesson_stands_for_all_of_it(lessons):
    found = coverage.place(lessons, "99", "Roses", coverage.Topic("Roses"))
    assert coverage.link(found) == "[99](../course/99_roses.ipynb) Roses"
    assert found.widgets == ("explore",)


@pytest.mark.parametrize(("number", "words"), [("99", "Pruning"), ("99", "tulips"), ("98", "Thorns")])
def test_what_is_not_taught_is_told(lessons, number, words):
    with pytest.raises(ValueError, match=rf"Lesson {number} does not teach '{words}'; expected it for 'Gardens'"):
        coverage.place(lessons, number, words, coverage.Topic("Gardens"))


@pytest.mark.parametrize("text", ["== A\nTopic\n", "== A\nTopic\n    99 Thorns\n    - no time\n"])
def test_a_topic_has_places_or_a_reason(text):
    with pytest.raises(ValueError, match=r"'Topic' has . places; expected some, or a reason"):
        coverage.read(text)
