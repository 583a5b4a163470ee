"""Progress leaves one line behind."""

import pytest

from xai_course.progress import Progress


def test_no_progress_is_shown_where_nobody_looks(capsys):
    with Progress("Training", 3, "Trained.") as progress:
        progress.update(2)
    assert capsys.readouterr() == ("", "")


def test_in_a_notebook_one_line_stays():
    shown = []

    class Handle:
        def update(self, bundle, raw):
            shown.append(bundle)

    progress = Progress("Training <a>", 4, "Trained.")
    progress._handle = Handle()
    with progress:
        progress.update(3)
    assert "75%" in shown[0]["text/html"]
    assert 'value="3" max="4"' in shown[0]["text/html"]
    assert "&lt;a&gt;" in shown[0]["text/html"]
    assert shown[-1]["text/html"] == "Trained."
    assert {bundle["text/plain"] for bundle in shown} == {"Trained."}


def test_an_interrupted_loop_does_not_say_that_it_is_finished():
    shown = []
    progress = Progress("Training", 4, "Trained.")
    progress._handle = type("Handle", (), {"update": lambda self, bundle, raw: shown.append(bundle)})()
    with pytest.raises(KeyboardInterrupt), progress:
        raise KeyboardInterrupt
    assert shown[-1]["text/html"] == "Training was stopped."
