"""The table of methods by metrics against metrics that are asked one by one, and its controls."""

import itertools

import numpy as np
import pytest
import torch
from scipy import stats

import xai_widgets as xai
from xai_widgets.answers.question import Question
from xai_widgets.evaluation.benchmark import tables
from xai_widgets.evaluation.controls import CentreBlob, RandomMap, TrueMask
from xai_widgets.evaluation.jury import Jury
from xai_widgets.models.cut import Cut

METHODS = [xai.InputXGradient(), xai.Saliency(), xai.Occlusion(window=2, stride=2)]
METRICS = [xai.Deletion(steps=4, fill=0.0), xai.Insertion(steps=4), xai.Infidelity(samples=16)]


@pytest.fixture
def model(polynomial):
    return polynomial()


@pytest.fixture
def batch():
    return np.random.default_rng(0).uniform(0, 1, (5, 3, 6, 8))


@pytest.fixture
def masks():
    return np.random.default_rng(1).random((5, 6, 8)) < 0.2


def test_it_is_what_each_metric_says_of_each_method(model, batch):
    table = xai.benchmark(model, batch, methods=METHODS, metrics=METRICS)
    assert table.values.shape == table.standard_errors.shape == (5, 3)
    for row, method in enumerate(METHODS):
        for column, metric in enumerate(METRICS):
            found = [metric(model, x, method=method) for x in batch]
            each = [one.unexplained if column == 2 else one.value for one in found]
            assert table.values[row, column] == pytest.approx(np.mean(each), rel=1e-6)
            error = np.std(each, ddof=1) / np.sqrt(5)
            assert table.standard_errors[row, column] == pytest.approx(error, rel=1e-5)


def test_maps_that_know_nothing_stand_beside_it(model, batch, masks):
    table = xai.benchmark(model, batch, methods=METHODS[:1], metrics=METRICS[:1], masks=masks)
    assert table.methods == ("Input × gradient", "random map", "centre blob", "true mask")
    assert table.metrics == ("Deletion", "Localisation")
    assert table.controls == 3
    assert table.values[3, 1] == 1, "the mask finds itself"
    for row, control in enumerate((RandomMap(), CentreBlob()), 1):
        expected = [xai.Deletion(steps=4, fill=0.0)(model, x, method=control).value for x in batch]
        assert table.values[row, 0] == pytest.approx(np.mean(expected))


def test_controls_are_what_they_are_called(model, batch, masks):
    blob = CentreBlob()(model, batch[0]).map
    assert blob.argmax() in [np.ravel_multi_index(place, blob.shape) for place in ((2, 3), (2, 4), (3, 3), (3, 4))]
    np.testing.assert_allclose(blob, blob[::-1, ::-1], rtol=1e-5)
    noise = RandomMap()(model, batch).map
    assert (noise[0] == noise[1]).all()
    assert len(np.unique(noise[0])) == noise[0].size
    np.testing.assert_allclose(TrueMask(masks=masks)(model, batch).map, masks)


def test_each_input_is_asked_about_its_own_class_and_mask(model, batch, masks):
    labels = [0, 1, 2, 3, 0]
    table = xai.benchmark(
        model, batch, methods=METHODS[2:], metrics=[xai.Localisation(masks)], masks=masks, quantity=xai.Logit(labels)
    )
    assert table.metrics == ("Localisation",)
    expected = [
        xai.Localisation(mask)(model, x, method=METHODS[2], quantity=xai.Logit(label)).value
        for mask, x, label in zip(masks, batch, labels, strict=True)
    ]
    assert table.values[0, 0] == pytest.approx(np.mean(expected))


def test_each_input_has_its_own_baseline_and_parts(model, batch):
    own, parts = 1 - batch, np.random.default_rng(3).integers(0, 5, batch.shape)
    methods = [xai.IntegratedGradients(steps=4, baseline=own), xai.FeatureAblation(features=parts)]
    table = xai.benchmark(model, batch, methods=methods, metrics=[xai.Deletion(steps=4, fill=own)])
    expected = [
        [xai.Deletion(steps=4, fill=fill)(model, x, method=method).value for method in pair]
        for x, fill, *pair in zip(
            batch,
            own,
            [xai.IntegratedGradients(steps=4, baseline=one) for one in own],
            [xai.FeatureAblation(features=one) for one in parts],
            strict=True,
        )
    ]
    np.testing.assert_allclose(table.values[:2, 0], np.mean(expected, axis=0), rtol=1e-6)


def test_it_fills_in_method_by_method_and_input_by_input(model, batch):
    tables = list(xai.benchmark_stream(model, batch, methods=METHODS, metrics=METRICS))
    assert [one.inputs for one in tables] == [1] * 9 + [2] * 5 + [3] * 5 + [4] * 5 + [5]
    assert [one.final for one in tables] == [False] * 24 + [True]
    each = [[[metric(model, x, method=method).compared for metric in METRICS] for method in METHODS] for x in batch]
    each = np.array(each)[..., 0]
    for count, table in enumerate(tables[:3], 1):
        np.testing.assert_allclose(table.values[:count], each[0, :count], rtol=1e-6)
        assert np.isnan(table.values[count:]).all()
        assert np.isnan(table.standard_errors).all()
    for table in tables[4:9]:
        np.testing.assert_allclose(table.values[:3], each[0], rtol=1e-6, err_msg="the second is not whole yet")
    np.testing.assert_allclose(tables[9].values[:3], each[:2].mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(tables[6].each[:2, :2], each[:2, :2], rtol=1e-6)
    assert np.isnan(tables[6].each[1, 2:]).all()
    assert [one.planned for one in tables[4::5]] == [tables[-1].evaluations] * 5


def test_a_table_of_which_little_is_known_can_be_read(model, batch):
    table = next(xai.benchmark_stream(model, batch, methods=METHODS, metrics=METRICS[:1]))
    assert repr(table).splitlines()[1:3] == [f"Input × gradient  {table.values[0, 0]:.3f}", "Saliency          -"]
    assert repr(table).endswith("means over 1 input")
    assert table._repr_html_().count("<b>") == 1
    assert table.worst("Input × gradient", "Deletion") == 0
    with pytest.raises(ValueError, match="Deletion is known of Saliency at no input yet"):
        table.worst("Saliency", "Deletion")


def test_it_can_be_left_after_each_chunk_of_work(model, batch, monkeypatch):
    rows, forward = [], Question.forward
    monkeypatch.setattr(Cut, "chunk", lambda *_: 1)
    monkeypatch.setattr(Question, "forward", lambda self, x, *more: rows.append(len(x)) or forward(self, x, *more))
    methods, metrics = [xai.Occlusion(window=2, stride=2)], [xai.Infidelity(samples=16)]
    for found in tables(Jury(model, batch, methods=methods, metrics=metrics), {}):
        assert sum(rows) <= 4, "of the 28 that one method takes at one input"
        rows.clear()
        if found is not None:
            break
    assert found.evaluations == 1 + 12 + 16


def test_it_begins_where_somebody_looks_and_asks_nothing_twice(model, batch):
    jury, memory = Jury(model, batch, methods=METHODS, metrics=METRICS[:2]), {}
    started = [one for one in itertools.islice(tables(jury, memory, (3, 1)), 200) if one is not None]
    order = list(memory)
    assert order[:6] == [(3, 1), (3, 0), (3, 2), (3, 3), (3, 4), (0, 0)]
    assert sorted(order) == [(number, row) for number in range(5) for row in range(5)]
    assert [one.inputs for one in started[:6]] == [1] * 6
    np.testing.assert_array_equal(started[4].each[3], started[4].values)
    known = {cell: memory[cell] for cell in [(3, 1), (0, 0), (2, 1)]}
    some = jury.table(known)
    assert some.inputs == 3, "nowhere are all known, and somewhere something"
    np.testing.assert_allclose(some.values[1], (memory[3, 1].values + memory[2, 1].values) / 2)
    np.testing.assert_array_equal(some.values[0], memory[0, 0].values)
    later = [one for one in tables(jury, known, (2, 2)) if one is not None]
    assert list(known)[:4] == [(3, 1), (0, 0), (2, 1), (2, 2)]
    assert len(later) == 1 + 25 - 3
    np.testing.assert_array_equal(later[-1].values, started[-1].values)
    assert [one.final for one in tables(jury, known)] == [True]


def test_a_verdict_has_the_map_before_it_is_judged(model, batch):
    jury = Jury(model, batch, methods=METHODS, metrics=METRICS[:2], keeps_maps=True)
    verdicts = [one for one in jury.steps((4, 1)) if one is not None]
    assert [np.isfinite(one.values).tolist() for one in verdicts] == [[False, False], [True, False], [True, True]]
    assert [one.final for one in verdicts] == [False, False, True]
    np.testing.assert_allclose(verdicts[0].map, METHODS[1](model, batch[4]).map, rtol=1e-6)
    bare = Jury(model, batch, methods=METHODS, metrics=METRICS[:2])
    assert {one.map for one in bare.steps((4, 1)) if one is not None} == {None}


def test_coherence_is_kendalls_tau_of_the_methods_alone(model, batch):
    table = xai.benchmark(model, batch, methods=METHODS, metrics=METRICS)
    signs = [1, -1, 1]
    for one in range(3):
        for other in range(3):
            columns = [signs[column] * table.values[:3, column] for column in (one, other)]
            assert table.coherence[one, other] == pytest.approx(stats.kendalltau(*columns).statistic)
    assert (table.ranks[:, 1] == stats.rankdata(-table.values[:, 1])).all()


def test_what_is_called_the_same_is_told_apart_by_what_differs(model, batch):
    table = xai.benchmark(
        model,
        batch[:2],
        methods=[xai.IntegratedGradients(steps=4, baseline=name) for name in ("black", "white")],
        metrics=[xai.Deletion(steps=2), xai.Deletion(steps=2, fill="black")],
    )
    assert table.methods[:2] == ("Integrated gradients (baseline black)", "Integrated gradients (baseline white)")
    assert table.metrics == ("Deletion (fill mean)", "Deletion (fill black)")


def test_of_randomised_networks_the_best_map_is_the_one_that_is_least_like_it():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(36, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3))
    model, metric = xai.wrap(network, input_shape=(1, 6, 6)), xai.ParameterRandomisation(draws=1)
    pictures = np.random.default_rng(1).uniform(size=(4, 1, 6, 6)).astype(np.float32)
    table = xai.benchmark(model, pictures, methods=[xai.Saliency()], metrics=[metric])
    each = metric(model, pictures, method=xai.Saliency()).value
    assert each.min() < 0
    assert table.values[0, 0] == pytest.approx(np.abs(each).mean(), rel=1e-4)


def test_a_map_of_a_layer_is_asked_about_the_input_as_all_others_are():
    """Behind this layer the network is linear, and there Grad-CAM is never wrong: of the input it may well be."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, stride=2, padding=1),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(4, 3),
    )
    network[-1].weight.data.abs_()
    model, metric = xai.wrap(network, input_shape=(2, 8, 8)), xai.Infidelity(samples=20, seed=3)
    pictures = np.random.default_rng(1).uniform(size=(2, 2, 8, 8)).astype(np.float32)
    asked, method = xai.Logit([1, 2]), xai.GradCam()
    table = xai.benchmark(model, pictures, methods=[method], metrics=[metric], quantity=asked)
    assert metric(model, pictures, method=method, quantity=asked).unexplained.max() < 1e-9
    for number, label in enumerate(asked.target):
        laid, said, drops = method(model, pictures[number], quantity=xai.Logit(label)).on_input, [], []
        for draw in range(20):
            gone = (np.random.default_rng((3, draw)).random(64) >= 0.5).reshape(8, 8)
            said.append(laid[gone].sum())
            left = np.where(gone, 0, pictures[number]).astype(np.float32)
            drops.append((model.scores(pictures[number]) - model.scores(left))[0, label])
        said, drops = np.array(said), np.array(drops)
        unexplained = 1 - (said @ drops) ** 2 / (said @ said * (drops @ drops))
        assert table.each[number, 0, 0] == pytest.approx(unexplained, rel=1e-3)
        assert unexplained > 0.01


def test_slopes_of_a_layer_weigh_as_much_as_they_are_large():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 3, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(3, 2, 8))
    model = xai.wrap(torch.nn.Sequential(*network, torch.nn.Flatten()), input_shape=(1, 8, 8))
    pictures = np.random.default_rng(1).uniform(size=(2, 1, 8, 8)).astype(np.float32)
    methods = [xai.InternalInfluence(steps=2, baseline="white")]
    table = xai.benchmark(model, pictures, methods=methods, metrics=[xai.Infidelity(samples=8)])
    maps = [np.abs(methods[0](model, x).on_input) for x in pictures]
    expected = [xai.Infidelity(samples=8)(TrueMask(masks=one)(model, x)) for x, one in zip(pictures, maps, strict=True)]
    np.testing.assert_allclose(table.each[:, 0, 0], [one.unexplained for one in expected], rtol=1e-5)


def test_of_texts_what_is_taken_away_is_the_padding_whichever_id_that_is():
    """In a sum of what words are worth, their embeddings times gradients say exactly what each loses."""
    torch.manual_seed(0)
    model = xai.wrap(Bag(), vocabulary=["a", "b", "c", "<pad>", "d"], padding=3, input_shape=(6,))
    texts = np.random.default_rng(0).choice([0, 1, 2, 4], (3, 6))
    methods = [xai.InputXGradient(), xai.Occlusion(window=1, stride=1)]
    table = xai.benchmark(model, texts, methods=methods, metrics=[xai.Infidelity(samples=16)], quantity=xai.Logit(1))
    np.testing.assert_allclose(table.values[:2, 0], 0, atol=1e-6)
    assert table.values[2, 0] > 0.01


class Bag(torch.nn.Module):
    """What words are worth, summed; padding is worth nothing."""

    def __init__(self):
        super().__init__()
        self.worth = torch.nn.Embedding(5, 2, padding_idx=3)

    def forward(self, ids):
        return self.worth(ids).sum(dim=1)


def test_the_best_method_of_a_column_is_bold_and_no_control_is(model, batch):
    table = xai.benchmark(model, batch, methods=METHODS[:2], metrics=METRICS[:1])
    bold = [row for row in table._repr_html_().split("<tr")[2:] if "<b>" in row]
    best = METHODS[table.values[:2, 0].argmin()]
    assert len(bold) == 1
    assert best.label in bold[0]
    assert "means over 5 inputs" in repr(table)
    assert "Deletion (lower)" in repr(table)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"methods": []}, "methods holds nothing"),
        ({"methods": xai.Saliency()}, "expected a list"),
        ({"methods": [xai.Saliency]}, "expected Method objects"),
        ({"metrics": [xai.Saliency()]}, "expected Metric objects"),
        ({"masks": np.ones((2, 6, 8), bool)}, "2 masks for 5 inputs"),
    ],
)
def test_what_does_not_fit_is_said(model, batch, given, words):
    with pytest.raises((ValueError, TypeError), match=words):
        xai.benchmark(model, batch, **{"methods": METHODS, "metrics": METRICS, **given})


def test_one_input_is_too_few(model, batch):
    with pytest.raises(ValueError, match="expected a batch"):
        xai.benchmark(model, batch[0], methods=METHODS, metrics=METRICS)


def test_each_cell_knows_its_worst_input(model, batch):
    table = xai.benchmark(model, batch, methods=METHODS, metrics=METRICS)
    np.testing.assert_allclose(table.each.mean(axis=0), table.values)
    for method, name in zip(METHODS, table.methods[:3], strict=True):
        deletion = [METRICS[0](model, x, method=method).value for x in batch]
        insertion = [METRICS[1](model, x, method=method).value for x in batch]
        assert table.worst(name, "Deletion") == np.argmax(deletion), "of which much is left"
        assert table.worst(name, "Insertion") == np.argmin(insertion)
    with pytest.raises(ValueError, match="no method 'Salience'"):
        table.worst("Salience", "Deletion")
    with pytest.raises(ValueError, match="no metric 'deletion'"):
        table.worst("Saliency", "deletion")


def test_the_places_are_drawn_from_metric_to_metric_with_tau_between_them(model, batch):
    table = xai.benchmark(model, batch, methods=METHODS, metrics=METRICS)
    chart = table.to_bokeh()
    lines = [one for one in chart.renderers if type(one.glyph).__name__ == "Line"]
    assert len(lines) == 5
    for row, line in enumerate(lines):
        assert line.data_source.data["y"] == table.ranks[row].tolist()
        assert (line.glyph.line_dash == "solid" or line.glyph.line_dash == []) == (row < 3)
    texts = [one.data_source.data["text"][0] for one in chart.renderers if type(one.glyph).__name__ == "Text"]
    taus = [float(one.removeprefix("τ ")) for one in texts if str(one).startswith("τ")]
    expected = [stats.kendalltau(*table.ranks[:3, pair].T).statistic for pair in ([0, 1], [1, 2])]
    assert taus == pytest.approx(expected, abs=0.006)


def test_a_method_may_come_with_a_layer():
    torch.manual_seed(1)
    layers = [torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Conv2d(4, 4, 3), torch.nn.ReLU(), torch.nn.Flatten()]
    network = torch.nn.Sequential(*layers, torch.nn.Linear(4 * 8 * 8, 3))
    model, batch = xai.wrap(network, input_shape=(3, 12, 12)), np.random.default_rng(0).random((3, 3, 12, 12))
    metric = xai.Deletion(steps=4)
    table = xai.benchmark(model, batch, methods=[xai.GradCam(), (xai.GradCam(), "0")], metrics=[metric])
    for row, layer in enumerate((None, "0")):
        expected = [metric(model, x, method=xai.GradCam(), layer=layer).value for x in batch]
        np.testing.assert_allclose(table.each[:, row, 0], expected, atol=1e-6)
    assert table.methods[:2] == ("Grad-CAM", "Grad-CAM (at 0)")
    with pytest.raises(TypeError, match="methods holds 'Grad-CAM'"):
        xai.benchmark(model, batch, methods=[("Grad-CAM", "0")], metrics=[metric])


@pytest.mark.parametrize(
    ("masks", "error", "words"),
    [
        ("everywhere", TypeError, "masks is 'everywhere'; expected a number or an array"),
        (np.full((6, 8), np.nan), TypeError, "expected an array of bool"),
        (None, TypeError, "masks"),
    ],
)
def test_what_is_no_mask_is_said_at_once(masks, error, words):
    with pytest.raises(error, match=words):
        TrueMask(masks=masks)


def test_masks_of_another_size_are_said_where_they_meet_the_input(model, batch, masks):
    with pytest.raises(ValueError, match=r"masks has shape \(8, 6\); expected \(6, 8\), the places of an input"):
        TrueMask(masks=masks[0].T)(model, batch)
    with pytest.raises(ValueError, match="one for each of the 1 inputs"):
        TrueMask(masks=masks)(model, batch[0])
