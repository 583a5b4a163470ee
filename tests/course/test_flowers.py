"""The networks for drawn flowers: what ships is what was measured, and answers by the part that tells the class."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

import xai_course
from xai_course import flowers as lesson
from xai_course.networks import BACKENDS
from xai_course.networks.shipped import FOLDER, load_shipped

KINDS = ("single", "double")


@pytest.fixture(scope="module", params=KINDS)
def fresh(request):
    return xai_course.load_flowers(request.param, 60, seed=7)


def test_the_twins_agree_and_know_fresh_flowers(fresh):
    scores = []
    for lab in map(xai_course.backend, BACKENDS):
        network = lesson.network(lab, fresh.kind)
        scores.append(lab.predict(network, fresh.pictures))
        assert (scores[-1].argmax(axis=1) == fresh.labels).mean() >= 0.98
    assert np.ptp(scores[0]) > 5
    np.testing.assert_allclose(scores[1], scores[0], atol=1e-4)
    assert (FOLDER / f"flowers_{fresh.kind}.safetensors").stat().st_size < 1.2e5


def test_two_more_networks_come_with_the_course():
    """The same in both frameworks, as good as the first one, and other networks than that."""
    flowers = xai_course.load_flowers("single", 60, seed=7)
    torch_lab, keras_lab = (xai_course.backend(name) for name in BACKENDS)
    first = torch_lab.predict(lesson.network(torch_lab), flowers.pictures)
    for one, same in zip(lesson.others(torch_lab), lesson.others(keras_lab), strict=True):
        scores = torch_lab.predict(one, flowers.pictures)
        np.testing.assert_allclose(keras_lab.predict(same, flowers.pictures), scores, atol=1e-4)
        assert (scores.argmax(axis=1) == flowers.labels).mean() >= 0.95
        assert np.abs(scores - first).max() > 0.5


def test_what_ships_has_no_batch_norm():
    network = lesson.network(xai_course.backend("torch"))
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in network)
    assert set(load_shipped("flowers_single", lesson.ARCHITECTURES["single"])) == {
        f"{layer}.{part}" for layer in ("conv1", "conv2", "conv3", "dense") for part in ("weight", "bias")
    }


@pytest.mark.parametrize("part", ["petals", "stem"])
def test_the_class_follows_the_part_that_tells_it(fresh, part):
    lab = xai_course.backend("torch")
    found = lesson.answers(lab, lesson.network(lab, fresh.kind), lesson.recolorings(fresh, part))
    assert found["right"] >= 0.98
    assert found["same"] <= 0.02
    assert found["change"] > 0.8


def test_another_pot_changes_nothing(fresh):
    lab = xai_course.backend("torch")
    found = lesson.answers(lab, lesson.network(lab, fresh.kind), lesson.recolorings(fresh, "pot"))
    assert found["right"] >= 0.98
    assert found["same"] >= 0.98
    assert found["change"] < 0.1


def test_a_network_that_reads_the_pot_is_found_out():
    """It takes flowers in red pots for the first class, and all others for the second."""
    flowers = xai_course.load_flowers("single", 30, seed=7)
    pairs = lesson.recolorings(flowers, "pot")
    pots = iter(each for pair in pairs for each in pair)

    def says(_, pictures):
        each = next(pots)
        np.testing.assert_array_equal(pictures, each.pictures)
        red = (each.concepts["red"] & each.concepts["pot"]).any(axis=(1, 2))
        return 50.0 * np.eye(6)[np.where(red, 0, 1)]

    found = lesson.answers(SimpleNamespace(predict=says), None, pairs)
    reds = (flowers.concepts["red"] & flowers.concepts["pot"]).any(axis=(1, 2)).sum()
    labels = [(after.labels, (after.concepts["red"] & after.concepts["pot"]).any(axis=(1, 2))) for _, after in pairs]
    right = [label == (0 if red else 1) for pair in labels for label, red in zip(*pair, strict=True)]
    turned = 2 * reds + (30 - reds)  # from red to either other colour, or from another one to red
    assert found == pytest.approx(
        {"recolored": 60, "right": np.mean(right), "same": 1 - turned / 60, "change": turned / 60}
    )


def test_every_seed_was_measured_in_both_frameworks_and_holds():
    results = xai_course.results("flowers")
    networks = {(kind, name, seed) for kind in KINDS for name in BACKENDS for seed in range(5)}
    key = ("kind", "backend", "seed")
    assert {tuple(map(row.get, key)) for row in results["accuracy"]} == networks
    assert min(row["accuracy"] for row in results["accuracy"]) >= 0.98
    rows = {(*map(row.get, key), row["part"]): row for row in results["recolored"]}
    assert set(rows) == {(*each, part) for each in networks for part in ("petals", "stem", "pot", "leaves", "centre")}
    for (*_, part), row in rows.items():
        assert row["recolored"] > 400
        if part in ("petals", "stem"):
            assert row["right"] >= 0.98
            assert row["same"] <= 0.02
        if part == "pot":
            assert row["right"] >= 0.98
            assert row["same"] >= 0.98
            assert row["change"] < 0.1


@pytest.mark.parametrize("backend", BACKENDS)
def test_another_seed_is_trained_once_and_kept(monkeypatch, tmp_path, backend):
    lab = xai_course.backend(backend)
    monkeypatch.setenv("XAI_CACHE", str(tmp_path))
    monkeypatch.setattr(lesson, "TRAINED", 20)
    monkeypatch.setattr(lesson, "EPOCHS", 2)
    first = lab.weights_of(lesson.network(lab, "double", 3))
    assert lesson.kept(lab, "double", 3).exists()
    monkeypatch.setattr(lesson, "trained", None)
    again = lab.weights_of(lesson.network(lab, "double", 3))
    for name, value in first.items():
        np.testing.assert_array_equal(again[name], value)
    monkeypatch.setattr(lesson, "EPOCHS", 3)
    assert not lesson.kept(lab, "double", 3).exists()


def test_every_network_is_kept_in_a_file_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("XAI_CACHE", str(tmp_path))
    labs = [xai_course.backend(name) for name in BACKENDS]
    assert len({lesson.kept(lab, kind, seed) for lab in labs for kind in KINDS for seed in lesson.SEEDS}) == 2 * 2 * 5


def test_the_rate_is_that_of_one_cycle():
    steps, rates = 200, []
    descent = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1)
    cycle = torch.optim.lr_scheduler.OneCycleLR(descent, 1.0, total_steps=steps, pct_start=0.3)
    for _ in range(steps - 1):
        rates.append(descent.param_groups[0]["lr"])
        descent.step()
        cycle.step()
    found = [lesson.one_cycle(step / steps) for step in range(steps - 1)]
    np.testing.assert_allclose(found, rates, atol=0.03)


def test_other_flowers_have_no_network():
    with pytest.raises(ValueError, match="kind of flowers is 'triple'; expected 'single' or 'double'"):
        lesson.network(xai_course.backend("torch"), "triple")
