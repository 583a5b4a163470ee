"""Every text, control and focus ring can be told from what is behind it: light and dark, on the stage too."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.ui.contrast import CONTROLS, RINGS, TEXTS
from tests.ui.mounted import Mounted, wired
from tests.ui.test_layout import WIDGETS, make

TEXT, CONTROL = 4.5, 3.0
"""What WCAG asks for: level AA of texts of any size, and of what is no text."""

STAGE = "on => document.querySelectorAll('.xai').forEach(root => root.classList.toggle('xai-presenter', on))"


@pytest.fixture(scope="module")
def shown(browser):
    """A page with every widget, unfolded, by name."""
    page = Mounted(browser)
    with wired():
        made = {name: make(name) for name in WIDGETS}
        roots = dict(zip(made, page.show(*made.values()), strict=True))
        for root in roots.values():
            for label in ("Settings", "Figures", "Code"):
                button = root.get_by_role("button", name=label, exact=True)
                if button.count():
                    button.click()
        page.settle()
        # From here on the page shows where the keys are, as it does to whoever uses them.
        page.page.keyboard.press("Tab")
        yield page, roots
        for widget in made.values():
            widget.close()
    page.close()


def pale(root, script, least):
    """Return what is told from what is behind it too badly."""
    found = root.evaluate(script)
    return [(round(ratio, 2), name) for ratio, name, *_ in found if ratio < least], len(found)


@pytest.mark.parametrize("presenter", [False, True], ids=["card", "stage"])
@pytest.mark.parametrize("light", [True, False], ids=["light", "dark"])
def test_everything_can_be_told_from_what_is_behind_it(shown, light, presenter):
    page, roots = shown
    page.theme(light)
    # The stage of each at once: what is looked at are colours, not places.
    page.page.evaluate(STAGE, presenter)
    for name, root in roots.items():
        texts, count = pale(root, TEXTS, TEXT)
        assert texts == [], name
        assert count > 20
        for script in (CONTROLS, RINGS):
            found, count = pale(root, script, CONTROL)
            assert found == [], name
            assert count >= 3


def luminance(rgb):
    share = np.asarray(rgb, float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("light", [True, False], ids=["light", "dark"])
def test_a_slider_is_seen_to_both_of_its_ends(shown, light):
    page, roots = shown
    page.theme(light)
    page.page.evaluate(STAGE, False)
    slider = roots["explore"].locator(".xai-pin input")
    pixels = np.asarray(Image.open(io.BytesIO(slider.screenshot())).convert("RGB"))
    levels = luminance(pixels)
    behind = levels[0, 0]
    brighter, darker = np.maximum(levels, behind), np.minimum(levels, behind)
    contrast = ((brighter + 0.05) / (darker + 0.05)).max(axis=0)
    # The mark has a gap around it.
    near = np.lib.stride_tricks.sliding_window_view(contrast[3:-3], 9).max(axis=1)
    assert near.min() >= CONTROL, "the groove, the part that is filled, and the mark between them"
