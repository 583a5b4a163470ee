"""The choices of drawing: what is accepted, and what is said otherwise."""

import numpy as np
import pytest

from xai_widgets.render.display import Display


def test_changes_go_on_top_of_what_is_there():
    display = Display(opacity=0.5).changed({"sign": "positive", "clip": np.float32(90)})
    assert display == Display(opacity=0.5, sign="positive", clip=90.0)
    assert Display(**display.as_dict()) == display
    assert isinstance(display.clip, float)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"opacity": 2}, ValueError, "opacity 2; expected a number from 0 to 1"),
        ({"opacity": float("nan")}, ValueError, "opacity nan"),
        ({"clip": "99"}, TypeError, "clip '99'; expected a number"),
        ({"clip": True}, TypeError, "clip True"),
        ({"smoothing": -1}, ValueError, "smoothing -1"),
        ({"colormap": "jet"}, ValueError, "no colormap of display 'jet'"),
        ({"sign": None}, ValueError, "no sign of display None"),
        ({"layout": ["blended"]}, ValueError, "no layout of display"),
        ({"presenter": 1}, TypeError, "presenter 1"),
        ({"opacty": 1}, ValueError, "Did you mean 'opacity'"),
        (["opacity"], TypeError, "expected a dict"),
    ],
)
def test_a_choice_that_is_none_is_refused(changes, error, message):
    with pytest.raises(error, match=message):
        Display().changed(changes)
