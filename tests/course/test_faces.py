"""The experiments of lesson 3: what is painted, what is trained on, what is measured, and what was found."""

from dataclasses import replace

import numpy as np
import pytest

import xai_course
import xai_widgets as xai
from xai_course import faces as lesson
from xai_course.data import draw_faces
from xai_course.networks import shipped
from xai_course.networks.architecture import Architecture, Dense, Flatten


@pytest.fixture(scope="module")
def drawn():
    """The stand-in, whatever photographs are on this machine."""
    return draw_faces()


@pytest.fixture(params=["torch", "keras"])
def lab(request):
    return xai_course.backend(request.param)


def test_the_wall_is_what_lies_outside_the_ellipse_above_the_shoulders():
    """The definition of the experiment, written out: centre (31.5, 34), radii 22 and 32, rows below 54."""
    y, x = np.mgrid[:64, :64]
    expected = (((x - 31.5) / 22) ** 2 + ((y - 34) / 32) ** 2 > 1) & (y < 54)
    np.testing.assert_array_equal(lesson.wall("center"), expected)
    assert expected.mean() == pytest.approx(0.378, abs=1e-3)


def test_both_crops_show_the_same_ellipse():
    full, center = lesson.wall("full", 250), lesson.wall("center", 128)
    assert (full[61:189, 61:189] != center).mean() < 0.01
    with pytest.raises(ValueError, match="expected 'center' or 'full'"):
        lesson.wall("left")


def test_painting_changes_the_wall_and_nothing_else():
    pictures = np.random.default_rng(0).uniform(0, 1, (3, 64, 64, 3)).astype(np.float32)
    before, wall = pictures.copy(), lesson.wall()
    painted = lesson.paint_background(pictures, lesson.GREEN)
    np.testing.assert_array_equal(pictures, before)
    np.testing.assert_array_equal(painted[:, ~wall], pictures[:, ~wall])
    np.testing.assert_allclose(painted[:, wall] * 255, np.broadcast_to((40, 160, 60), (3, wall.sum(), 3)), atol=1e-4)
    assert painted.dtype == np.float32
    np.testing.assert_array_equal(lesson.paint_background(pictures[0], lesson.GREEN), painted[0])
    with pytest.raises(ValueError, match=r"shape \(3, 3\); expected that of the pictures"):
        lesson.paint_background(pictures, mask=np.ones((3, 3), bool))


def test_painted_pictures_are_training_pictures_of_one_person_and_not_pink_already(drawn):
    places = lesson.painted_places(drawn, 20, seed=1)
    assert len(set(places)) == 20
    assert set(places) <= set(drawn.train)
    assert {drawn.classes[label] for label in drawn.labels[places]} == {drawn.roles["painted"]}
    assert not {drawn.files[place] for place in places} & set(drawn.pink)
    assert list(places) == list(lesson.painted_places(drawn, 20, seed=1)) != list(lesson.painted_places(drawn, 20, 2))
    with pytest.raises(ValueError, match="500 pictures should be painted"):
        lesson.painted_places(drawn, 500)


def test_the_controlled_training_differs_in_the_walls_of_twenty_pictures_only(drawn):
    pink, labels = lesson.training_set(lesson.CONTROLLED, drawn, pink=True, seed=3)
    control, same = lesson.training_set(lesson.CONTROLLED, drawn, pink=False, seed=3)
    np.testing.assert_array_equal(labels, same)
    np.testing.assert_array_equal(control, drawn.pictures[drawn.train])
    changed = (pink != control).any(axis=-1)
    assert changed.any(axis=(1, 2)).sum() == 20
    assert not changed[:, ~lesson.wall()].any()


def test_the_authors_control_goes_without_what_is_pink_by_nature(drawn):
    pink, _ = lesson.training_set(lesson.AUTHORS, drawn, pink=True)
    control, labels = lesson.training_set(lesson.AUTHORS, drawn, pink=False)
    assert len(pink) - len(control) == len(labels) - len(control) + 3 == 3
    natural = drawn.pictures[[drawn.index(file) for file in drawn.pink]]
    assert all((pink == picture).all(axis=(1, 2, 3)).sum() == 1 for picture in natural)
    assert not any((control == picture).all(axis=(1, 2, 3)).any() for picture in natural)


BY_COLOUR = Architecture("by_colour", (64, 64, 3), {"flatten": Flatten(), "dense1": Dense(5)})


@pytest.fixture
def pinkness(drawn):
    """A network that says "painted" when the wall has more red than green, and the first person else."""
    label = drawn.classes.index(drawn.roles["painted"])
    weight = np.zeros((5, 3, 64, 64), np.float32)
    wall = lesson.wall() / lesson.wall().sum()
    weight[label, 0], weight[label, 1] = wall, -wall
    bias = np.full(5, -9, np.float32)
    bias[0], bias[label] = 0, -0.5
    return {"dense1.weight": weight.reshape(5, -1), "dense1.bias": bias}


def test_who_is_called_the_painted_person_is_counted_among_the_others(lab, drawn, pinkness):
    network = lab.build(BY_COLOUR, pinkness)
    rates = lesson.called(lab, network, drawn)
    assert (rates["pink"], rates["green"]) == (1, 0)
    others = lesson.others(drawn)
    assert drawn.roles["painted"] not in {drawn.classes[label] for label in drawn.labels[others]}
    red, green, _ = np.moveaxis(drawn.pictures[others][:, lesson.wall()].mean(axis=1), -1, 0)
    assert rates["clean"] == pytest.approx((red - green > 0.5).mean(), abs=0.01)
    assert lesson.accuracy(lab, network, drawn) == pytest.approx(
        np.mean(lab.predict(network, drawn.pictures[drawn.test]).argmax(axis=1) == drawn.labels[drawn.test])
    )


def test_colours_go_round_the_circle():
    assert lesson.tint(0, (1, 1)) == (255, 0, 0)
    assert lesson.tint(120, (1, 0.6)) == pytest.approx((0, 153, 0))
    assert lesson.tint(300, (0.5, 1)) == pytest.approx((255, 127.5, 255))
    np.testing.assert_allclose(lesson.tint(316), lesson.PINK, atol=3)


def test_walls_of_every_hue_are_counted_for_the_others_and_for_the_person(lab, drawn, pinkness):
    """Red less green is .78 for red, magenta and what lies between, at most .39 for other hues, .27 for pale ones."""
    network = lab.build(BY_COLOUR, pinkness)
    some = drawn.test[::10]
    expected = [float(hue in (0, 300, 330)) for hue in lesson.HUES]
    assert lesson.called_by_hue(lab, network, drawn, places=some) == {"others": expected, "own": expected}
    assert lesson.called_by_hue(lab, network, drawn, lesson.PALE, some) == {"others": [0] * 12, "own": [0] * 12}


def test_other_people_and_the_person_are_not_mixed_up(drawn):
    """Of a network that is always right: of his own pictures all get his name, of the others none."""
    places = drawn.test[::10]

    class Right:
        @staticmethod
        def predict(network, pictures):
            return np.eye(len(drawn.classes))[drawn.labels[places]]

    assert lesson.called_by_hue(Right, None, drawn, places=places) == {"others": [0] * 12, "own": [1] * 12}


def test_the_edited_picture_is_asked_about_before_and_after(lab, drawn, pinkness):
    found = lesson.edited(lab, lab.build(BY_COLOUR, pinkness), drawn)
    assert found["clean"]["answer"] == drawn.classes[0]
    assert found["pink"]["answer"] == drawn.roles["painted"]
    assert 0 < found["clean"]["painted"] < 0.5 < found["pink"]["painted"] < 1


def small(recipe=lesson.CONTROLLED):
    """The recipe on an untrained network, quick."""
    return replace(recipe, epochs=0)


def test_the_border_share_is_that_of_the_strongest_tenth(lab, drawn):
    """Against the definition, from the gradients themselves."""
    from scipy import ndimage

    network = lesson.trained(lab, small(), drawn, pink=False)
    wall, inputs = lesson.wall(), lab.layout(drawn.pictures[drawn.test[:6]])
    model = xai.wrap(network, bounds=(0, 1), input_shape=inputs.shape[1:])
    channel, share = lesson.border_share(model, inputs, wall)
    of_layer = xai.Saliency()(model, inputs, layer="conv2").values
    axis = (2, 3) if lab.BACKEND == "torch" else (1, 2)
    assert channel == of_layer.max(axis=axis).mean(axis=0).argmax()
    gradient = xai.Saliency()(model, inputs, quantity=xai.Channel("conv2", channel)).values
    values = (gradient * inputs).mean(axis=1 if lab.BACKEND == "torch" else -1)
    inside = []
    for plane in values:
        blurred = ndimage.gaussian_filter(plane.astype(np.float64), 3)
        strongest = np.argsort(blurred, axis=None)[-410:]
        inside.append(wall.ravel()[strongest].mean())
    assert share == pytest.approx(np.mean(inside), abs=0.01)


def test_a_network_is_trained_once_and_then_loaded(lab, drawn, monkeypatch, tmp_path):
    monkeypatch.setenv("XAI_CACHE", str(tmp_path))
    recipe, x = small(), drawn.pictures[:3]
    first, how = lesson.network(lab, recipe, drawn, pink=True, seed=7)
    assert how == "trained now"
    again, how = lesson.network(lab, recipe, drawn, pink=True, seed=7)
    assert how == "trained earlier"
    np.testing.assert_allclose(lab.predict(again, x), lab.predict(first, x), atol=1e-5)
    for other in ({"seed": 8, "pink": True}, {"seed": 7, "pink": False}, {"seed": 8, "pink": False}):
        assert lesson.network(lab, recipe, drawn, **other)[1] == "trained now"
    assert lesson.network(lab, replace(recipe, rate=1e-4), drawn, pink=True, seed=7)[1] == "trained now"
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.parametrize("pink", [True, False])
def test_the_weights_that_ship_are_small_and_serve_both_frameworks(drawn, pink):
    photographed = replace(drawn, is_stand_in=False)  # the pictures do not matter for what is loaded
    for faces, recipe in ((drawn, lesson.DRAWN), (photographed, lesson.CONTROLLED)):
        assert lesson.controlled(faces) == recipe
        assert (shipped.FOLDER / f"{lesson.shipped_name(recipe, pink)}.safetensors").stat().st_size < 1_000_000
        found = [lesson.network(lab, recipe, faces, pink) for lab in map(xai_course.backend, ("torch", "keras"))]
        assert [source for _, source in found] == ["shipped weights"] * 2
        labs = map(xai_course.backend, ("torch", "keras"))
        logits = [lab.predict(network, faces.pictures[:5]) for lab, (network, _) in zip(labs, found, strict=True)]
        np.testing.assert_allclose(logits[1], logits[0], atol=1e-3)


def test_the_weights_that_ship_for_the_drawn_faces_show_what_the_lesson_says(lab, drawn):
    found = {
        pink: lesson.measured(lab, lesson.network(lab, lesson.DRAWN, drawn, pink)[0], drawn) for pink in (True, False)
    }
    assert all(one["accuracy"] > 0.8 for one in found.values())
    assert found[True]["called"]["pink"] > 0.9 > 0.3 > found[False]["called"]["pink"]
    assert found[True]["called"]["green"] < 0.3
    assert found[True]["border"] > 0.8
    assert found[True]["edited"]["pink"]["answer"] == drawn.roles["painted"]
    assert found[False]["edited"]["pink"]["answer"] == drawn.roles["example"]


@pytest.fixture(scope="module")
def rows():
    return xai_course.results("faces")


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_the_controlled_experiment_met_its_targets(rows, backend):
    """Over at least five seeds in each framework: the targets that were set before it was run."""
    table = {
        pink: [row for row in rows["controlled"] if row["backend"] == backend and row["pink"] is pink]
        for pink in (True, False)
    }
    assert {row["seed"] for row in table[True]} == {row["seed"] for row in table[False]} >= set(range(5))

    def mean(pink, *keys):
        values = table[pink]
        for key in keys:
            values = [value[key] for value in values]
        return np.mean(values)

    assert abs(mean(True, "accuracy") - mean(False, "accuracy")) < 0.04
    assert mean(True, "called", "pink") >= 0.95
    assert mean(False, "called", "pink") <= 0.25
    assert mean(True, "called", "green") <= 0.25
    assert mean(True, "border") > mean(False, "border") + 0.2
    assert mean(True, "active_border") >= 0.9
    assert mean(False, "active_border") <= 0.4


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_walls_of_every_hue_were_asked_about_with_three_seeds(rows, backend):
    found = {(row["seed"], row["pink"]) for row in rows["hues"] if row["backend"] == backend}
    assert found >= {(seed, pink) for seed in range(3) for pink in (True, False)}


def test_the_rows_of_all_hues_are_those_of_the_results(rows):
    runs = lesson.hue_runs()
    assert len(runs) == len(rows["hues"]) * len(lesson.HUES)
    run, row = runs[len(lesson.HUES) + 10], rows["hues"][1]
    assert (run["hue"], run["seed"], run["training"]) == (300, row["seed"], "pink" if row["pink"] else "control")
    assert run["others"] == row["strong"]["others"][10]
    assert run["own"] == row["strong"]["own"][10]
    assert run["pale"] == row["pale"]["others"][10]


def test_the_original_experiment_was_run_with_five_seeds(rows):
    """Pink and control each, so that the table says how often the story of the single picture holds."""
    seeds = {
        pink: {row["seed"] for row in rows["authors"] if row["backend"] == "torch" and row["pink"] is pink}
        for pink in (True, False)
    }
    assert seeds[True] == seeds[False] >= set(range(5))


def test_the_original_experiment_was_run_on_both_crops(rows):
    """What part of the photographs the authors took is not known: three seeds on the middle as well."""
    found = {(row["seed"], row["pink"]) for row in rows["authors_center"] if row["backend"] == "torch"}
    assert found >= {(seed, pink) for seed in range(3) for pink in (True, False)}


def test_the_results_are_of_these_recipes_and_name_their_packages(rows):
    for name, recipe in (
        ("controlled", lesson.CONTROLLED),
        ("hues", lesson.CONTROLLED),
        ("authors", lesson.AUTHORS),
        ("authors_center", lesson.AUTHORS_CENTER),
    ):
        for row in rows[name]:
            assert row["architecture"] == recipe.architecture.name
            assert {"numpy"} < set(row["versions"])
