"""The transformer of the lesson: what ships is what was measured, in both frameworks; and the measures of its maps."""

import numpy as np
import pytest

import xai_course
import xai_widgets as xai
from xai_course import scenes as lesson
from xai_course.data import draw_scenes, stand_in_digits
from xai_course.networks import BACKENDS
from xai_course.networks.shipped import FOLDER, load_shipped
from xai_course.networks.weights import initial_weights


@pytest.fixture(scope="module")
def scenes():
    return draw_scenes(stand_in_digits(), 300, seed=1)


def test_the_twins_agree_and_are_as_good_as_their_row_says(scenes):
    row = next(row for row in xai_course.results("scenes")["networks"] if row["seed"] == 0)
    scores = []
    for lab in map(xai_course.backend, BACKENDS):
        network = lesson.network(lab)
        scores.append(lab.predict(network, scenes.pictures))
        assert lesson.right(lab, network, scenes).mean() == pytest.approx(row["on stand-ins"], abs=0.02)
    assert np.ptp(scores[0]) > 5
    np.testing.assert_allclose(scores[1], scores[0], atol=1e-4)
    assert (FOLDER / "scenes.safetensors").stat().st_size < 1e6


def test_every_seed_has_learnt():
    rows = xai_course.results("scenes")["networks"]
    assert [row["seed"] for row in rows] == [0, 1, 2]
    assert min(row["accuracy"] for row in rows) > 0.9


def test_every_method_was_asked_of_networks_that_forgot_and_both_frameworks_agree():
    rows = {(row["backend"], row["seed"], row["method"]): row for row in xai_course.results("scenes")["forgotten"]}
    assert set(rows) == {(name, seed, method) for name in BACKENDS for seed in range(3) for method in lesson.methods()}
    parts = ("head", "block 4", "block 3", "block 2", "block 1", "patches", "two random ones")
    for (_, seed, method), row in rows.items():
        one, other = ([each[part] for part in parts] for each in (row, rows["torch", seed, method]))
        assert one == pytest.approx(other, abs=0.01), method


def test_flowers_were_measured_in_three_networks_of_each_kind_and_both_frameworks_agree():
    results = xai_course.results("flowers")
    kinds = [(kind, seed) for kind in ("transformer", "convolutional") for seed in range(3)]
    assert {(row["network"], row["seed"], row["backend"]) for row in results["networks"]} == {
        (*kind, name) for kind in kinds for name in BACKENDS
    }
    assert min(row["accuracy"] for row in results["networks"]) > 0.99
    rows = {
        (row["backend"], *(row[key] for key in ("network", "seed", "part", "method"))): row for row in results["found"]
    }
    for kind in kinds:
        asked = {name for name in lesson.methods() if kind[0] == "transformer" or not name.startswith("attention")}
        for part, name in [(part, name) for part in ("petals", "stem") for name in asked]:
            one, other = (rows[backend, *kind, part, name]["overlap"] for backend in BACKENDS)
            assert one == pytest.approx(other, abs=0.01), (kind, part, name)


def test_both_are_seen_where_both_stand_on_top():
    lab = xai_course.backend("torch")
    two, network = draw_scenes(stand_in_digits(), 40, shown=2, seed=2), lesson.network(xai_course.backend("torch"))
    scores = lab.predict(network, two.pictures)
    for seen, score, labels in zip(lesson.both_seen(lab, network, two), scores, two.labels, strict=True):
        assert seen == (min(score[labels]) > max(np.delete(score, labels)))


def test_pixels_are_summed_over_patches_and_patches_stay():
    maps = np.random.default_rng(0).normal(size=(2, 3, 64, 64))
    found = lesson.on_patches(maps)
    assert found.shape == (2, 3, 8, 8)
    assert found[1, 2, 3, 4] == pytest.approx(maps[1, 2, 24:32, 32:40].sum())
    np.testing.assert_array_equal(lesson.on_patches(found), found)


MASK = np.zeros((1, 8, 8), bool)
MASK[0, 2:6, 1:5] = True


@pytest.mark.parametrize(
    ("values", "overlap", "inside"),
    [
        (MASK * 2.0, 1.0, 1.0),
        (MASK * 2.0 - 1.0, 1.0, 1.0),
        (1.0 - MASK, 0.0, 0.0),
        (np.roll(MASK, 2, axis=2) * 1.0, 8 / 24, 0.5),
        (-1.0 * MASK, None, np.nan),
    ],
)
def test_overlap_and_what_lies_inside(values, overlap, inside):
    if overlap is not None:
        assert lesson.overlap(values, MASK) == pytest.approx(overlap)
    assert lesson.inside(values, MASK) == pytest.approx(inside, nan_ok=True)


def test_a_map_that_is_the_same_everywhere_is_as_good_as_chance():
    masks = draw_scenes(stand_in_digits(), 200).masks[:, 0]
    found = lesson.overlap(np.ones(masks.shape), masks)
    chance = np.mean([lesson.overlap(np.random.default_rng(n).random(masks.shape), masks).mean() for n in range(5)])
    assert found.mean() == pytest.approx(chance, abs=0.03)


def test_two_digits_are_told_apart_by_the_sign_on_each():
    masks = np.zeros((1, 2, 8, 8), bool)
    masks[0, 0, :4, :4] = masks[0, 1, 4:, 4:] = True
    here, there = masks[:, 0] * 1.0, masks[:, 1] * 1.0
    assert lesson.told_apart(here, there, masks).all()
    assert not lesson.told_apart(there, here, masks).any()
    assert not lesson.told_apart(here, here, masks).any()
    assert not lesson.told_apart(here + 2 * there, there, masks).any()
    assert lesson.told_apart(2 * here + there, here + 2 * there, masks).all()


@pytest.mark.parametrize(("values", "hit"), [(MASK * 1.0, True), (1.0 - MASK, False)])
def test_a_map_points_to_its_largest_patch(values, hit):
    assert lesson.pointed(values, MASK).tolist() == [hit]


def test_the_largest_patches_are_covered():
    pictures = np.ones((1, 64, 64, 1), np.float32)
    found = lesson.covered(pictures, MASK * 1.0 + np.random.default_rng(0).random(MASK.shape) / 2, MASK)
    np.testing.assert_array_equal(found[0, ..., 0] == 0, np.kron(MASK[0], np.ones((8, 8))))
    assert pictures.min() == 1


def test_likeness_is_a_rank_correlation():
    one = np.random.default_rng(0).normal(size=(3, 8, 8))
    assert lesson.alike(one, np.exp(one)) == pytest.approx(1)
    assert lesson.alike(one, -one) == pytest.approx(-1)
    assert lesson.alike(one, np.ones_like(one)) == 0


def test_what_is_forgotten_is_random_and_the_rest_is_learnt():
    weights = load_shipped(lesson.NAME, lesson.SCENES)
    fresh = initial_weights(lesson.SCENES, 3)
    steps = dict(lesson.forgetful(weights, 3))
    order = ["nothing", "head", "block 4", "block 3", "block 2", "block 1", "patches"]
    assert list(steps) == order
    for done, found in enumerate(steps.values()):
        for name, value in found.items():
            gone = order.index(lesson.part_of(name)) <= done
            np.testing.assert_array_equal(value, fresh[name] if gone else weights[name])
    assert lesson.part_of("positions.vectors") == lesson.part_of("class_token.token") == "patches"
    assert lesson.part_of("norm.weight") == "head"
    assert lesson.part_of("dense3b.bias") == "block 3"


@pytest.fixture(scope="module", params=BACKENDS)
def explained(request):
    """The shipped network, wrapped, and some scenes whose digit it names."""
    lab = xai_course.backend(request.param)
    network, drawn = lesson.network(lab), draw_scenes(stand_in_digits(), 30, seed=8)
    few = drawn.chosen(np.flatnonzero(lesson.right(lab, network, drawn))[:16])
    return lab, network, lesson.wrapped(lab, network), few


def test_every_method_of_the_lesson_gives_a_number_for_each_patch(explained):
    lab, _, model, few = explained
    inputs, labels = lab.layout(few.pictures[:2]), few.labels[:2, 0]
    for name, method in lesson.methods().items():
        found = lesson.maps(method, model, inputs, labels)
        assert found.shape == (2, 8, 8), name
        assert np.isfinite(found).all()
    assert lesson.maps(xai.Saliency(), model, inputs, labels).min() >= 0


def test_what_the_class_token_looks_at_is_a_share(explained):
    lab, _, model, few = explained
    looked = lesson.last_attention(model, lab.layout(few.pictures[:2]))
    assert looked.shape == (2, 8, 8)
    assert looked.min() > 0
    assert (looked.sum(axis=(1, 2)) < 1).all()


def test_rollout_covers_the_digit_and_attnlrp_stays_on_it(explained):
    """The orders that held for three seeds and 150 scenes: course/xai_course/results/scenes.json."""
    lab, _, model, few = explained
    inputs, labels, masks = lab.layout(few.pictures), few.labels[:, 0], few.masks[:, 0]
    names = ("attention rollout", "attention relevance", "AttnLRP")
    rollout, relevance, lrp = (lesson.maps(lesson.methods()[name], model, inputs, labels) for name in names)
    overlaps = [lesson.overlap(maps, masks).mean() for maps in (rollout, lrp, relevance)]
    assert overlaps[0] > max(overlaps[1:]) + 0.03
    inside = [lesson.inside(maps, masks).mean() for maps in (lrp, relevance, rollout)]
    assert inside == sorted(inside, reverse=True)
    by_ink = lesson.on_patches(few.pictures[..., 0])
    assert overlaps[0] > lesson.overlap(by_ink, masks).mean() + 0.1
    lost = [
        (lesson.share(model, inputs, labels) - lesson.share(model, lab.layout(covered), labels)).mean()
        for covered in (lesson.covered(few.pictures, maps, masks) for maps in (lrp, by_ink))
    ]
    assert lost[0] > lost[1] + 0.1


def test_who_tells_two_digits_apart(explained):
    lab, network, model, _ = explained
    drawn = draw_scenes(stand_in_digits(), 60, shown=2, seed=9)
    two = drawn.chosen(np.flatnonzero(lesson.both_seen(lab, network, drawn))[:16])
    inputs, told = lab.layout(two.pictures), {}
    for name in ("attention rollout", "attention relevance", "AttnLRP", "Grad-CAM"):
        maps = [lesson.maps(lesson.methods()[name], model, inputs, two.labels[:, which]) for which in (0, 1)]
        told[name] = lesson.told_apart(*maps, two.masks).mean()
        if name == "attention rollout":
            np.testing.assert_allclose(*maps, atol=1e-6)
    assert told["attention rollout"] == 0
    assert told["AttnLRP"] >= 0.8
    assert told["attention relevance"] > 0.6
    assert told["Grad-CAM"] < 0.4


def test_behind_the_last_attention_patches_have_no_gradient(explained):
    lab, _, model, few = explained
    inputs, quantity = lab.layout(few.pictures[:3]), xai.Logit(few.labels[:3, 0])
    for layer in ("attention4", "add4a", "norm4b", "add4b", "norm"):
        found = xai.Saliency()(model, inputs, quantity=quantity, layer=layer).values
        assert not found[:, 1:].any()
        assert np.abs(found[:, 0]).max() > 1e-3
    assert np.abs(xai.Saliency()(model, inputs, quantity=quantity, layer="norm4a").values[:, 1:]).max() > 1e-3


def test_without_biases_cp_lrp_sums_to_the_score(explained):
    lab, network, _, few = explained
    weights = {name: value * (not name.endswith("bias")) for name, value in lab.weights_of(network).items()}
    bare, inputs, labels = (
        lesson.wrapped(lab, lab.build(lesson.SCENES, weights)),
        lab.layout(few.pictures[:5]),
        few.labels,
    )
    found = xai.CpLrp()(bare, inputs, quantity=xai.Logit(labels[:5, 0]), layer="positions").values
    scores = bare.scores(inputs)[np.arange(5), labels[:5, 0]]
    np.testing.assert_allclose(found.sum(axis=(1, 2)), scores, rtol=1e-3, atol=1e-3)


def test_a_head_that_forgot_leaves_rollout_as_it_was(explained):
    lab, network, model, few = explained
    other = lesson.wrapped(lab, lab.build(lesson.SCENES, dict(lesson.forgetful(lab.weights_of(network), 5))["head"]))
    inputs, labels = lab.layout(few.pictures[:5]), few.labels[:5, 0]
    one, same = (lesson.maps(xai.AttentionRollout(), each, inputs, labels) for each in (model, other))
    np.testing.assert_allclose(same, one, atol=1e-6)
    assert np.abs(model.scores(inputs) - other.scores(inputs)).max() > 1
