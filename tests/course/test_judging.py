"""What is claimed of metrics, in the rows that were measured: five networks in two frameworks."""

import itertools

import numpy as np
import pytest
from scipy import stats

from xai_course import results
from xai_course.flowers import SEEDS

RESULTS = results("judging")
NETWORKS = list(itertools.product(("torch", "keras"), SEEDS))
CONTROLS = ("random map", "centre blob", "true mask")


def rows(table, value, **key):
    """Return what a table has for each network, by the method."""
    found = {network: {} for network in NETWORKS}
    for row in RESULTS[table]:
        if all(row[name] == one for name, one in key.items()):
            found[row["backend"], row["seed"]][row["method"]] = row[value]
    return list(found.values())


def tau(one, other):
    """Return how far two columns agree on the order of the methods, without controls."""
    methods = [name for name in one if name not in CONTROLS]
    return stats.kendalltau([one[name] for name in methods], [other[name] for name in methods]).statistic


def better_first(metric):
    """Return what a metric says for each network, the larger the better."""
    sign = 1 if next(row["better"] for row in RESULTS["cohering"] if row["metric"] == metric) == "higher" else -1
    return [{name: sign * value for name, value in found.items()} for found in rows("cohering", "value", metric=metric)]


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


@pytest.mark.parametrize("metric", ["deletion", "insertion"])
def test_the_order_by_a_black_fill_has_nothing_in_common_with_that_by_others(metric):
    taus = {pair: [] for pair in itertools.combinations(("black", "mean", "blur"), 2)}
    for pair, found in taus.items():
        for one, other in zip(*(rows("erased", "area", metric=metric, fill=fill) for fill in pair), strict=True):
            found.append(tau(one, other))
    assert np.mean(taus["black", "mean"]) < 0.1
    assert np.mean(taus["black", "blur"]) < 0.1
    assert min(taus["mean", "blur"]) > 0.5


def test_deletion_insertion_and_localisation_agree_and_deletion_by_black_with_none_of_them():
    names = ("deletion, mean", "insertion, mean", "localisation", "deletion, black")
    for *alike, black in zip(*map(better_first, names), strict=True):
        assert min(tau(*pair) for pair in itertools.combinations(alike, 2)) > 0.4
        assert max(tau(black, one) for one in alike) < 0.3


def test_a_map_that_is_always_the_same_is_the_steadiest():
    for found in rows("cohering", "value", metric="sensitivity"):
        assert found["random map"] == 0 < min(found[name] for name in found if name not in CONTROLS)


def test_integrated_gradients_from_a_blurred_picture_are_the_most_faithful_of_the_input_by_infidelity():
    """And a random map is not the worst: it beats two methods everywhere, and the map of a layer in seven of ten."""
    beaten = 0
    for found in rows("cohering", "value", metric="infidelity"):
        assert min(found, key=found.get) == "IG, blur"
        assert found["random map"] < min(found["SmoothGrad"], found["saliency"])
        beaten += found["random map"] < found["Grad-CAM"]
    assert beaten == 7


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
