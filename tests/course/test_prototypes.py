"""The network of prototypes: what was measured, what ships, how it is trained, and points that add up."""

import numpy as np
import pytest
from scipy.special import expit, logsumexp

import xai_course
import xai_widgets as xai
from xai_course import results
from xai_course.networks import BACKENDS
from xai_course.networks.architecture import FLOWERS_PROTOTYPES
from xai_course.networks.shipped import FOLDER
from xai_course.self_explaining import prototypes as lesson

RESULTS = results("prototypes")["trained"]


@pytest.fixture(scope="module")
def fresh():
    return xai_course.load_flowers("single", 60, seed=7)


def rows(start):
    found = [row for row in RESULTS if row["start"] == start]
    assert [(row["backend"], row["seed"]) for row in found] == [(b, s) for b in BACKENDS for s in lesson.SEEDS]
    return found


def test_from_places_that_tell_nothing_is_lost_by_a_push_and_all_prototypes_lie_on_the_part():
    for row in rows("evidence"):
        assert min(after for _, after in row["pushes"]) > 0.95
        assert row["new"] > 0.95
        assert row["on the part"] >= 16


def test_from_random_places_it_is_right_as_often_and_prototypes_lie_elsewhere():
    for row in rows("random"):
        assert row["new"] > 0.95
        assert row["on the part"] <= 15
        assert 0.15 < row["chance"] < 0.35


def test_the_twins_agree_on_what_ships(fresh):
    scores = []
    for lab in map(xai_course.backend, BACKENDS):
        scores.append(lab.predict(lesson.network(lab), fresh.pictures))
        assert (scores[-1].argmax(axis=1) == fresh.labels).mean() > 0.95
    np.testing.assert_allclose(scores[1], scores[0], atol=2e-3)
    assert (FOLDER / "flowers_prototypes.safetensors").stat().st_size < 1.2e5


@pytest.mark.parametrize("backend", BACKENDS)
def test_points_add_up_to_the_logit_and_a_prototype_is_struck_out(fresh, backend):
    lab = xai_course.backend(backend)
    network = lesson.network(lab)
    model, inputs = lesson.wrapped(lab, network, fresh), lab.layout(fresh.pictures)
    weights = lab.weights_of(network)["dense.weight"].astype(float)
    found = xai.Intervention("strongest", {})(model, inputs)
    np.testing.assert_allclose(found.said @ weights.T, found.scores, atol=1e-4)
    without = xai.Intervention("strongest", {"red petals 1": 0})(model, inputs)
    np.testing.assert_allclose(found.scores - without.scores, found.said[:, :1] * weights[:, 0], atol=1e-4)


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_the_three_that_bring_most_the_answer_is_another(fresh, backend):
    lab = xai_course.backend(backend)
    model, inputs = lesson.wrapped(lab, lesson.network(lab), fresh), lab.layout(fresh.pictures)
    found = xai.Prototypes("similarities", inputs)(model, inputs)
    answers = found.scores.argmax(axis=1)
    for row, answer in enumerate(answers):
        most = np.argsort(-found.points(int(answer))[row])[:3]
        assert (lesson.OWN[most] == answer).all()
        assert found.without(most.tolist())[row].argmax() != answer


@pytest.mark.parametrize("backend", BACKENDS)
def test_similarities_are_those_of_the_nearest_place(fresh, backend):
    """The layers of both frameworks beside NumPy: distances as differences, pixel by pixel."""
    lab, few = xai_course.backend(backend), fresh.chosen(slice(0, 4))
    network = lesson.network(lab)
    model = lesson.wrapped(lab, network, few)
    inputs = lab.layout(few.pictures)
    channels = -3 if backend == "torch" else -1
    there = np.moveaxis(model.at("sigmoid").activations(inputs), channels, -1).astype(float)
    vectors = lab.weights_of(network)["similarities.vectors"].astype(float)
    squares = np.array([[((there[n] - v) ** 2).sum(axis=-1) for v in vectors] for n in range(4)])
    expected = np.log((squares + 1) / (squares + 1e-4))
    said = np.moveaxis(model.at("similarities").activations(inputs), channels, 1)
    np.testing.assert_allclose(said, expected, atol=2e-3)
    np.testing.assert_allclose(model.at("strongest").activations(inputs), said.max(axis=(2, 3)), rtol=1e-6)


def test_the_slopes_of_a_training_are_those_of_its_loss():
    random = np.random.default_rng(0)
    rows, labels = random.normal(size=(8, 9, 5)), random.integers(0, 6, 8)
    parts = [random.normal(size=(16, 5)), random.normal(size=16) / 9, random.uniform(size=(18, 16))]

    def loss(parts):
        there = expit(rows @ parts[0].T + parts[1])
        nearest = ((there[:, :, None] - parts[2]) ** 2).sum(axis=3).min(axis=1)
        scores = np.log((nearest + 1) / (nearest + 1e-4)) @ lesson.FIXED.T
        own = labels[:, None] == np.repeat(np.arange(6), 3)
        near, far = (np.where(side, nearest, np.inf).min(axis=1).mean() for side in (own, ~own))
        return (logsumexp(scores, axis=1) - scores[np.arange(8), labels]).mean() + 0.8 * near - 0.08 * far

    for place, slopes in enumerate(lesson._slopes(parts, rows, labels)):
        for index in [tuple(random.integers(0, size) for size in slopes.shape) for _ in range(6)]:
            moved = []
            for step in (1e-5, -1e-5):
                others = [part.copy() for part in parts]
                others[place][index] += step
                moved.append(loss(others))
            assert slopes[index] == pytest.approx((moved[0] - moved[1]) / 2e-5, abs=1e-6)


def test_a_pushed_prototype_is_a_place_of_its_class():
    random = np.random.default_rng(1)
    rows, labels = random.normal(size=(12, 9, 5)), np.arange(12) % 6
    parts = [random.normal(size=(16, 5)), np.zeros(16), random.uniform(size=(18, 16))]
    before = parts[2].copy()
    found = lesson._pushed(parts, rows, labels)
    there = expit(rows @ parts[0].T)
    for number, (row, place) in enumerate(found):
        assert labels[row] == number // 3
        np.testing.assert_allclose(parts[2][number], there[row, place])
        own = there[labels == number // 3]
        nearest = ((own - before[number]) ** 2).sum(axis=2).min()
        assert ((parts[2][number] - before[number]) ** 2).sum() == pytest.approx(nearest)


def test_what_ships_holds_places_of_training_flowers():
    sources = rows("evidence")[0]["sources"]
    lab = xai_course.backend("torch")
    flowers = xai_course.load_flowers("single", 1 + max(flower for flower, _, _ in sources))
    model = lesson.wrapped(lab, lesson.network(lab), flowers)
    for number, (flower, row, column) in enumerate(sources):
        assert flowers.labels[flower] == number // 3
        said = model.at("similarities").activations(lab.layout(flowers.pictures[flower][None]))[0, number]
        assert said[row, column] == pytest.approx(said.max())
        assert said.max() > 9  # the logarithm of 1 / epsilon, nearly
    held, _ = lesson.on_the_part(model, flowers, [lesson.Source(*one) for one in sources])
    assert held == rows("evidence")[0]["on the part"]


def test_it_is_trained_in_both_frameworks_alike(fresh, monkeypatch):
    monkeypatch.setattr(lesson, "EPOCHS", 1)
    monkeypatch.setattr(lesson, "PUSHED", 1)
    found = [lesson.trained(lab, fresh, 0) for lab in map(xai_course.backend, BACKENDS)]
    assert found[0].sources == found[1].sources
    for name, value in found[0].weights.items():
        assert value.shape == FLOWERS_PROTOTYPES.weight_shapes()[name]
        np.testing.assert_allclose(found[1].weights[name], value, atol=2e-2 * np.abs(value).max())
