"""What is claimed of metrics, in the rows that were measured: five networks in two frameworks."""

import itertools

import pytest

from xai_course import results
from xai_course.flowers import SEEDS

RESULTS = results("judging")
NETWORKS = list(itertools.product(("torch", "keras"), SEEDS))


def rows(table, value, **key):
    """Return what a table has for each network, by the method."""
    found = {network: {} for network in NETWORKS}
    for row in RESULTS[table]:
        if all(row[name] == one for name, one in key.items()):
            found[row["backend"], row["seed"]][row["method"]] = row[value]
    return list(found.values())


@pytest.mark.parametrize(
    ("better", "worse"), [("IG, blur", "IG, black"), ("IG, blur", "Grad-CAM"), ("LRP", "Grad-CAM")]
)
@pytest.mark.parametrize("smoothing", [0, 1])
def test_which_methods_find_the_part_better_however_maps_are_smoothed(better, worse, smoothing):
    for found in rows("found", "overlap", smoothing=smoothing):
        assert found[better] > found[worse] + 0.03


def test_a_pixel_of_smoothing_changes_the_order():
    """So neither relevance beside integrated gradients, nor these from black beside Grad-CAM, is claimed."""
    for plain, smooth in zip(*(rows("found", "overlap", smoothing=one) for one in (0, 1)), strict=True):
        assert plain["LRP"] > plain["IG, blur"]
        assert smooth["LRP"] < smooth["IG, blur"]
        assert plain["Grad-CAM"] > plain["IG, black"]
    assert sum(one["Grad-CAM"] < one["IG, black"] for one in rows("found", "overlap", smoothing=1)) >= 8


def test_with_a_black_fill_a_blob_in_the_middle_beats_the_true_mask_and_with_the_mean_it_hardly_does():
    for black, mean in zip(
        *(rows("erased", "area", metric="insertion", fill=fill) for fill in ("black", "mean")), strict=True
    ):
        assert black["centre blob"] > black["true mask"] + 0.1
        assert mean["centre blob"] < mean["true mask"] + 0.1


def test_signs_tell_saliency_from_guided_backpropagation_at_the_first_reset():
    for signed, sizes in zip(
        *(rows("randomised", value, layer="dense") for value in ("signed", "magnitudes")), strict=True
    ):
        assert signed["guided backpropagation"] > 0.5 > 0.35 > signed["saliency"]
        assert sizes["saliency"] > 0.5, "of magnitudes both look as if they did not care"


def test_slopes_stay_where_input_and_network_move_together():
    for changes in rows("shifted", "change"):
        for name in ("saliency", "SmoothGrad", "guided backpropagation", "IG, black"):
            assert changes[name] < 1e-2
        for name in ("x times gradient", "IG, from the number 0"):
            assert changes[name] > 0.5
