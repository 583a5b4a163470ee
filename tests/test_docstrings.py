from xai_widgets.docstrings import with_section
from xai_widgets.option import Optioned

WHOLE = """Do something.

It may take long.

Parameters
----------
steps : int
    How many.

Examples
--------
>>> 1
1
"""


def test_a_section_comes_in_its_place_and_the_rest_stays_as_it_is():
    found = with_section(WHOLE, "Raises", "ValueError\n    Never.")
    before, section, after = found.partition("Raises\n------\nValueError\n    Never.\n\n")
    assert section
    assert before + after == WHOLE
    assert after.startswith("Examples")
    last = with_section("Do something.", "Examples", ">>> 1")
    assert last == "Do something.\n\nExamples\n--------\n>>> 1\n"


def test_a_section_that_is_there_stays():
    assert with_section(WHOLE, "Parameters", "none") == WHOLE


def test_a_class_without_a_docstring_has_none():
    class Bare(Optioned):
        pass

    assert Bare.__doc__ is None
