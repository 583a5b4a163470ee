"""Attention in a real page: its blocks from left to right, and what is said of the class."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened

SIDE, PATCH, WIDE, BLOCKS = 16, 4, 8, 3
PICTURE = np.random.default_rng(0).random((SIDE, SIDE, 3), np.float32)


class Block(nn.Module):
    """Attention of one head."""

    def __init__(self):
        super().__init__()
        self.inner, self.out = nn.Linear(WIDE, 3 * WIDE), nn.Linear(WIDE, WIDE)

    def forward(self, x):
        q, k, v = self.inner(x).chunk(3, -1)
        return x + self.out((q @ k.transpose(1, 2)).softmax(-1) @ v)


class Transformer(nn.Module):
    """Patches as tokens, whose mean is read."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.patch = nn.Conv2d(3, WIDE, PATCH, PATCH)
        self.blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
        self.head = nn.Linear(WIDE, 4)

    def forward(self, x):
        return self.head(self.blocks(self.patch(x).flatten(2).transpose(1, 2)).mean(1))


@pytest.fixture(scope="module")
def shown(browser):
    """An explorer of a transformer, and its element."""

    def make():
        model = xai.wrap(Transformer(), input_shape=(3, SIDE, SIDE), classes=["cat", "dog", "fox", "owl"])
        return {"explorer": xai.explore(model, PICTURE, method="attention_rollout")}

    with opened(make) as made:
        page = Mounted(browser)
        yield page, made["explorer"], page.alone(made["explorer"])
        page.close()


def test_the_last_block_stands_at_the_right_end_of_its_slider(shown):
    mounted, explorer, root = shown
    slider = root.get_by_role("slider", name="Up to block")

    def found():
        mounted.settle()
        return slider.input_value(), slider.get_attribute("aria-valuetext"), explorer.options["block"]

    assert [slider.get_attribute(end) for end in ("min", "max")] == ["1", str(BLOCKS)]
    assert found() == (str(BLOCKS), "the last", 0), "all of them is what one begins with"
    assert root.locator(".xai-pin output").inner_text() == "the last"
    whole = explorer.result.map
    slider.press("Home")
    assert found() == ("1", "1", 1)
    assert abs(explorer.result.map - whole).max() > 1e-4
    slider.press("ArrowRight")
    assert found() == ("2", "2", 2)
    slider.press("End")
    assert found() == (str(BLOCKS), "the last", 0)
    np.testing.assert_array_equal(explorer.result.map, whole)
    explorer.set(block=BLOCKS)
    assert found() == (str(BLOCKS), str(BLOCKS), BLOCKS), "what Python says stands there as it was said"
    np.testing.assert_allclose(explorer.result.map, whole, rtol=1e-6)


def test_a_map_that_is_the_same_for_every_class_says_so_where_one_chooses_it(shown):
    mounted, explorer, root = shown
    sentence, contrast = root.locator(".xai-sentence"), root.get_by_label("Rather than which class", exact=True)
    assert "the same for every class" in sentence.inner_text()
    assert root.get_by_label("Class explained", exact=True).is_visible()
    assert not contrast.is_visible()
    maps = []
    for target in ("cat", "owl"):
        explorer.set(target=target)
        mounted.settle()
        maps.append(explorer.result.map)
    np.testing.assert_array_equal(*maps)
    explorer.set(method="attention_relevance")
    mounted.settle()
    assert "the same for every class" not in sentence.inner_text()
    assert contrast.is_visible()
