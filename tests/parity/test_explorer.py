"""One explorer over the same network in both frameworks."""

import numpy as np
import pytest

import xai_widgets as xai


@pytest.fixture
def explorer(pair):
    explorer = xai.explore({"PyTorch": pair.torch, "Keras": pair.keras}, pair.channels_last)
    yield explorer
    explorer.close()


@pytest.mark.parametrize("method", ["saliency", "input_x_gradient", "integrated_gradients", "smoothgrad", "occlusion"])
def test_the_maps_agree(explorer, method):
    explorer.set(method=method, target=2, contrast=1, index=1)
    ours, theirs = explorer.result["PyTorch"], explorer.result["Keras"]
    rounding = 12 * np.finfo(np.float32).eps * max(1, abs(ours.score)) if method == "occlusion" else 0
    assert np.abs(ours.map - theirs.map).max() <= 1e-4 * np.abs(theirs.map).max() + rounding
    assert ours.score == pytest.approx(theirs.score, rel=1e-4)


def test_the_code_gives_what_is_on_the_screen(explorer, pair):
    explorer.set(method="integrated_gradients", steps=8, baseline="blur", index=2)
    names = {"models": {"PyTorch": pair.torch, "Keras": pair.keras}, "images": pair.channels_last}
    exec(explorer.code, names)
    for name, result in explorer.result.items():
        np.testing.assert_allclose(names["result"][name].map, result.map, rtol=1e-4, atol=1e-7)
