"""Where slides begin."""

import pytest

from making.slide_types import in_set_up, slide_type


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("# 1. Title\n\ntext", False, "slide"),
        ("## 2. Part", False, "slide"),
        ("### Exercise 1: do it", False, "subslide"),
        ("**The idea.** $x$", False, "subslide"),
        ("**Its limits.** None.", False, "subslide"),
        ("**What it shows.** This.", False, "fragment"),
        ("text", False, "-"),
        ("# a comment\nprint()", True, "-"),
        ("xai.explore(model, pictures)", True, "subslide"),
        ("widget = xai.paint(model)", True, "subslide"),
        ("xai.attack(models)", True, "subslide"),
        ("max.explored(1)", True, "-"),
    ],
)
def test_a_cell_says_where_it_belongs(text, code, expected):
    assert slide_type(text, code=code) == expected


def test_the_set_up_reaches_to_the_next_heading():
    assert in_set_up("## Set-up\n\nIn Colab", before=False)
    assert in_set_up("The next cell", before=True)
    assert not in_set_up("The next cell", before=False)
    assert not in_set_up("## The data", before=True)
    assert not in_set_up("text\n\n## Set-up\n\n### more\n\n## The data", before=True)
