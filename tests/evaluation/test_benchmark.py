"""The table of methods by metrics against metrics that are asked one by one, and its controls."""

import numpy as np
import pytest
import torch
from scipy import stats

import xai_widgets as xai
from xai_widgets.evaluation.controls import CentreBlob, RandomMap, TrueMask

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


def test_it_fills_in_input_by_input(model, batch):
    tables = list(xai.benchmark_stream(model, batch, methods=METHODS, metrics=METRICS))
    assert [one.inputs for one in tables] == [1, 2, 3, 4, 5]
    assert [one.final for one in tables] == [False] * 4 + [True]
    first = xai.Deletion(steps=4, fill=0.0)(model, batch[0], method=METHODS[0]).value
    assert tables[0].values[0, 0] == pytest.approx(first)
    assert np.isnan(tables[0].standard_errors).all()


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
