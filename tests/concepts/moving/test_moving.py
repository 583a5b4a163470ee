"""Inputs that are moved until they say something, beside linear networks, whose best inputs are known."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from xai_widgets.concepts.moving.moving import Moving

PLAIN = {"smoothness": 0, "contrast": 0, "blur": 0, "jitter": 0}
RANDOM = np.random.default_rng(3)
PICTURES = RANDOM.uniform(0, 1, (4, 3, 12, 10)).astype(np.float32)


SIGNALS = nn.Sequential(nn.Conv1d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(18, 2))


@pytest.fixture(scope="module")
def linear():
    """Scores are sums of the pixels with weights."""
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(360, 4))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(5)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(960, 4),
    )


@pytest.fixture(scope="module")
def model(network):
    return xai.wrap(network, input_shape=(3, 12, 10), bounds=(0, 1), classes=["a", "b", "c", "d"])


@pytest.mark.parametrize("bounds", [(0, 1), (-2, 3)])
def test_the_best_input_of_a_linear_network_lies_in_a_corner(agreement, linear, bounds):
    model = xai.wrap(linear, input_shape=(3, 12, 10), bounds=bounds)
    found = xai.ActivationMaximisation(**PLAIN)(model, quantity=xai.Logit(2))
    weights, bias = linear[1].weight[2].detach().numpy(), float(linear[1].bias.detach()[2])
    corner = np.where(weights > 0, bounds[1], bounds[0])
    agreement("activation_maximisation", "closed form", found.values.ravel(), corner, 1e-6)
    assert found.score == pytest.approx(float(weights @ corner + bias), rel=1e-5)


def test_the_price_of_contrast_holds_it_near_grey(agreement, linear):
    """The slope, in units of its size, is met by contrast times the distance from grey."""
    model = xai.wrap(linear, input_shape=(3, 12, 10), bounds=(0, 1))
    options = {**PLAIN, "contrast": 20, "steps": 300}
    found = xai.ActivationMaximisation(**options)(model, quantity=xai.Logit(2))
    weights = linear[1].weight[2].detach().numpy().astype(float)
    expected = np.clip(0.5 + weights / np.sqrt((weights**2).mean()) / 20, 0, 1)
    agreement("activation_maximisation", "closed form", found.values.ravel(), expected, 1e-3)


def test_from_an_input_it_stays_near_that(agreement, linear):
    """The slope is met by contrast times the distance from the input that was given."""
    model = xai.wrap(linear, input_shape=(3, 12, 10), bounds=(-1, 3))
    options = {**PLAIN, "contrast": 20, "steps": 300}
    given = (4 * PICTURES[0] - 1).astype(np.float32)
    found = xai.ActivationMaximisation(**options)(model, xai.Logit(2), given)
    weights = linear[1].weight[2].detach().numpy().astype(float).reshape(3, 12, 10)
    expected = 4 * np.clip(PICTURES[0] + weights / np.sqrt((weights**2).mean()) / 20, 0, 1) - 1
    agreement("activation_maximisation", "closed form", found.values, expected, 4e-3)
    alone = xai.ActivationMaximisation(**options, noise=0).stream(model, xai.Logit(2), given)
    assert np.abs(next(alone).values - given).max() < 0.21, "the first step leads away from it, and is one step"


def test_edges_are_the_derivative_of_half_their_squares(model):
    moving = Moving(model, 2, 0.3, 0)
    now = torch.tensor(moving.now, requires_grad=True)
    (((now[:, :, 1:] - now[:, :, :-1]) ** 2).sum() / 2 + ((now[..., 1:] - now[..., :-1]) ** 2).sum() / 2).backward()
    np.testing.assert_allclose(moving.edges(), now.grad.numpy(), atol=1e-12)
    down, right = np.diff(moving.now, axis=2).ravel(), np.diff(moving.now, axis=3).ravel()
    one = np.concatenate([down.reshape(2, -1), right.reshape(2, -1)], axis=1)
    np.testing.assert_allclose(moving.roughness, np.sqrt((one**2).mean(axis=1)))


def test_what_is_rolled_comes_back(model):
    moving = Moving(model, 2, 0.3, 0)
    shifts = np.array([2, -1])
    np.testing.assert_array_equal(moving.rolled(shifts)[:, :, 2, 0], moving.inputs[:, :, 0, 1])
    np.testing.assert_allclose(moving.rolled_back(moving.rolled(shifts), shifts), moving.inputs)


def test_more_prices_make_it_smoother_and_the_score_smaller(model):
    rough, smooth = (
        xai.ActivationMaximisation(**{**PLAIN, "smoothness": price})(model, quantity=xai.Channel("2", 3))
        for price in (0, 20)
    )
    assert smooth.roughness < rough.roughness / 2
    assert smooth.score < rough.score
    blurred = xai.ActivationMaximisation(**{**PLAIN, "blur": 2})(model, quantity=xai.Channel("2", 3))
    assert blurred.roughness < rough.roughness


def test_the_score_is_the_quantity_at_the_picture(model):
    for quantity in (xai.Channel("2", 3), xai.Logit("b"), xai.Unit("2", (1, 4, 4)), xai.Margin("a", "c")):
        found = xai.ActivationMaximisation(steps=16)(model, quantity=quantity)
        assert found.score == pytest.approx(xai.ask(model, found.values, quantity).score, rel=1e-4)
        assert found.score == found.scores.max()
        assert len(found.scores) == 3
        np.testing.assert_array_equal(found.starts[found.best], found.values)
        each = [xai.ask(model, one, quantity).score for one in found.starts]
        np.testing.assert_allclose(found.scores, each, rtol=1e-4)
        assert found.values.shape == (3, 12, 10)
        assert 0 <= found.values.min() <= found.values.max() <= 1


def test_real_inputs_have_a_roughness_too(network):
    model = xai.wrap(network, input_shape=(3, 12, 10), bounds=(-1, 3))
    found = xai.ActivationMaximisation(steps=4)(model, quantity=xai.Channel("2", 3))
    expected = []
    for one in (PICTURES + 1) / 4:
        down = [(one[:, row + 1] - one[:, row]) ** 2 for row in range(11)]
        right = [(one[:, :, column + 1] - one[:, :, column]) ** 2 for column in range(9)]
        expected.append(np.sqrt((np.sum(down) + np.sum(right)) / (3 * (11 * 10 + 12 * 9))))
    np.testing.assert_allclose(found.roughness_of(PICTURES), expected, rtol=1e-6)
    np.testing.assert_allclose(found.roughness_of(found.values), [found.roughness], rtol=1e-5)


def test_starts_are_the_same_however_many_there_are(model):
    one, three = (
        xai.ActivationMaximisation(steps=12, restarts=count)(model, quantity=xai.Logit(0)) for count in (1, 3)
    )
    assert three.scores[0] == pytest.approx(one.scores[0], rel=1e-4)
    assert three.score >= one.score - 1e-6
    other = xai.ActivationMaximisation(steps=12, restarts=1, seed=1)(model, quantity=xai.Logit(0))
    assert np.abs(other.values - one.values).max() > 0.1


def test_the_picture_streams(model):
    answers = list(xai.ActivationMaximisation(steps=20).stream(model, quantity=xai.Logit(1)))
    assert [one.steps for one in answers] == list(range(1, 21))
    assert answers[-1].final
    assert answers[-1].evaluations == answers[-1].planned == 3 * 21
    assert {one.planned for one in answers} == {3 * 21}
    assert answers[-1].score > answers[0].score
    assert "for b after 20 steps" in repr(answers[-1])


def test_the_network_is_left_as_it_was(network, model):
    state = {name: value.clone() for name, value in network.state_dict().items()}
    xai.ActivationMaximisation(steps=4)(model, quantity=xai.Logit(1))
    xai.FeatureInversion(steps=4)(model, PICTURES, layer="1")
    assert network.training
    assert all((state[name] == value).all() for name, value in network.state_dict().items())
    assert not any(parameter.grad is not None for parameter in network.parameters())


def test_an_invertible_layer_is_inverted(agreement):
    """Of a layer that only turns the channels the input comes back exactly."""
    turn = nn.Conv2d(3, 3, 1)
    with torch.no_grad():
        turn.weight[:] = torch.linalg.qr(torch.tensor(RANDOM.normal(size=(3, 3)))).Q[:, :, None, None]
    model = xai.wrap(nn.Sequential(turn, nn.Flatten(), nn.Linear(360, 2)), input_shape=(3, 12, 10))
    found = xai.FeatureInversion(smoothness=0, steps=600)(model, PICTURES, layer="0")
    agreement("feature_inversion", "closed form", found.values, PICTURES, 5e-3)
    assert (found.error < 1e-5).all()


def test_the_error_is_what_the_layer_says_of_both(network, model):
    found = xai.FeatureInversion(smoothness=0.1)(model, PICTURES, layer="1")
    with torch.no_grad():
        here, there = (network[:2](torch.from_numpy(one)).numpy() for one in (found.values, PICTURES))
    expected = ((here - there) ** 2).sum(axis=(1, 2, 3)) / (there**2).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(found.error, expected, rtol=1e-3)
    assert (found.error < 0.05).all()
    assert 0 <= found.values.min() <= found.values.max() <= 1
    np.testing.assert_array_equal(found.x, PICTURES)


def test_one_step_goes_against_the_derivative_of_the_squared_distance(network, model):
    """Adam's first step has one length for all elements, and the sign of the derivative."""
    start = Moving(model, 4, 0.1, 0).inputs
    x = torch.tensor(start, requires_grad=True)
    wanted = network[:4](torch.from_numpy(PICTURES)).detach()
    said = network[:4](x)
    (((said - wanted) ** 2).sum(dim=(1, 2, 3)) / (wanted**2).sum(dim=(1, 2, 3))).sum().backward()
    (first, *_) = xai.FeatureInversion(smoothness=0).stream(model, PICTURES, layer="3")
    moved, slope = first.values - start, x.grad.numpy()
    sure = np.abs(slope) > 1e-6
    assert sure.mean() > 0.9
    assert (np.sign(moved)[sure] == -np.sign(slope)[sure]).all()


def test_how_far_the_inputs_go_along_is_their_correlation(model):
    found = xai.FeatureInversion(steps=20)(model, PICTURES, layer="1")
    expected = [np.corrcoef(*map(np.ravel, pair))[0, 1] for pair in zip(found.values, PICTURES, strict=True)]
    np.testing.assert_allclose(found.correlation, expected, rtol=1e-6)
    alone = xai.FeatureInversion(steps=20)(model, PICTURES[0], layer="1")
    assert alone.correlation == pytest.approx(np.corrcoef(alone.values.ravel(), PICTURES[0].ravel())[0, 1])


def test_a_single_input_is_one_of_a_batch(model):
    alone, batch = (xai.FeatureInversion(steps=10)(model, one, layer="1") for one in (PICTURES[0], PICTURES))
    assert alone.values.shape == (3, 12, 10)
    np.testing.assert_allclose(alone.values, batch.values[0], atol=1e-4)
    assert alone.error == pytest.approx(batch.error[0], rel=1e-3)


def test_the_inversion_streams(model):
    answers = list(xai.FeatureInversion(steps=20).stream(model, PICTURES, layer="1"))
    assert [one.steps for one in answers] == list(range(1, 21))
    assert answers[-1].evaluations == answers[-1].planned == 8 * 21
    assert (answers[-1].error < answers[0].error).all()
    assert "layer '1' met" in repr(answers[-1])


def test_a_layer_that_says_nothing_cannot_be_met(network):
    torch.manual_seed(0)
    off = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(320, 2))
    with torch.no_grad():
        off[0].bias.fill_(-100)
    with pytest.raises(ValueError, match="layer '1' says of input 0 is zero"):
        xai.FeatureInversion()(xai.wrap(off, input_shape=(3, 12, 10)), PICTURES, layer="1")


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.Embedding(9, 4), nn.Linear(4, 2)

    def forward(self, ids):
        return self.head(self.embedding(ids).sum(1))


@pytest.mark.parametrize(
    ("wrapped", "said"),
    [
        (lambda: xai.wrap(Reader(), input_shape=(5,)), "moves an input bit by bit, and"),
        (lambda: xai.wrap(nn.Sequential(nn.Linear(6, 3)), input_shape=(6,), bounds=None), "expected pictures"),
        (
            lambda: xai.wrap(
                nn.Sequential(nn.Conv1d(2, 3, 3), nn.Flatten(), nn.Linear(18, 2)), input_shape=(2, 8), bounds=None
            ),
            "starts in the middle of the range",
        ),
    ],
    ids=["text", "table", "unbounded"],
)
def test_what_cannot_be_moved_is_refused_in_words(wrapped, said):
    model = wrapped()
    with pytest.raises(ValueError, match=said):
        xai.ActivationMaximisation().stream(model, quantity=xai.Logit(0))
    with pytest.raises(ValueError, match=said):
        xai.FeatureInversion().stream(model, np.zeros((1, *model.input_shape), int), layer=model.layers[0])


def test_signals_have_places():
    model = xai.wrap(SIGNALS, input_shape=(2, 8), bounds=(-1, 1))
    found = xai.ActivationMaximisation(steps=20)(model, quantity=xai.Channel("0", 1))
    assert found.values.shape == (2, 8)
    assert xai.FeatureInversion(steps=20)(model, RANDOM.uniform(-1, 1, (2, 2, 8)), layer="0").error.shape == (2,)


@pytest.mark.parametrize(
    ("quantity", "error", "said"),
    [
        (xai.Probability("b"), ValueError, r"nearly flat.*expected Logit\('b'\)"),
        (xai.LogProbability(1), ValueError, r"expected Logit\(1\)"),
        (xai.Logit(), ValueError, "leaves the class open"),
        (None, TypeError, "quantity is None"),
        ("b", TypeError, "quantity is 'b'"),
        (xai.Channel("2", 99), ValueError, "no channel 99"),
        (xai.Channel("nowhere", 0), ValueError, "nowhere"),
        (xai.Logit("z"), ValueError, "'z'"),
    ],
)
def test_a_quantity_that_will_not_do_is_said(model, quantity, error, said):
    with pytest.raises(error, match=said):
        xai.ActivationMaximisation().stream(model, quantity=quantity)


def test_what_else_does_not_fit_is_said(model):
    for call, error, said in (
        (lambda: xai.ActivationMaximisation(jitter=10)(model, xai.Logit(0)), ValueError, "jitter is 10; expected less"),
        (lambda: xai.ActivationMaximisation(steps=0), ValueError, "steps is 0"),
        (lambda: xai.ActivationMaximisation()("model", xai.Logit(0)), TypeError, "expected a network"),
        (lambda: xai.ActivationMaximisation()(model, xai.Logit(0), PICTURES), ValueError, "batch of 4 inputs"),
        (lambda: xai.ActivationMaximisation()(model, xai.Logit(0), PICTURES[0, 0]), ValueError, "has shape"),
        (lambda: xai.FeatureInversion()(model, PICTURES, layer=None), TypeError, "layer is None"),
        (lambda: xai.FeatureInversion()(model, PICTURES, layer="x"), ValueError, "no layer 'x'"),
        (lambda: xai.FeatureInversion()(model, PICTURES[:, :1], layer="1"), ValueError, "1, 12, 10"),
        (lambda: xai.FeatureInversion()(model, np.full((3, 12, 10), np.nan), layer="1"), ValueError, "NaN"),
    ):
        with pytest.raises(error, match=said):
            call()
