"""The gradient methods with names of their own, on PyTorch against Captum and on Keras against PyTorch."""

import captum.attr
import numpy as np
import pytest
import torch

import xai_widgets as xai
from tests.by_hand import gaussian_noise
from xai_widgets.attribution.baseline import baselines_for
from xai_widgets.attribution.gradients.noise import ALPHA, NOISE_OF_LINES

TARGETS = [2, 0, 4]
ANYWHERE = [
    xai.Saliency(),
    xai.InputXGradient(),
    xai.IntegratedGradients(steps=10),
    xai.SmoothGrad(samples=9),
    xai.SmoothGradSquared(samples=6, sigma=0.1),
    xai.VarGrad(samples=6, sigma=0.1),
    xai.ExpectedGradients(samples=7),
    xai.Influence(distribution=xai.RandomLines(samples=5), multiplier="activation"),
]
AT_INPUTS = [*ANYWHERE, xai.ExpectedGradients(samples=5, baselines="plain", sigma=0.1, seed=3)]
# Where a ReLU lets nothing of the input through, what a plain baseline brings ties in a max pooling behind it.
AT_LAYERS = [
    *ANYWHERE,
    xai.ExpectedGradients(samples=5, baselines="uniform", sigma=0.1, seed=3),
    xai.Conductance(steps=11),
    xai.InternalInfluence(steps=6),
    xai.LatentInfluence(steps=6),
    xai.IntegratedGradients(steps=6, latent_baseline="zero"),
]

# Captum says so whenever it asks for gradients itself.
pytestmark = pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients")


@pytest.fixture
def network(pair):
    """The network as Captum needs it: in evaluation mode, which is how ours explains it whatever its mode."""
    training = pair.torch_net.training
    yield pair.torch_net.eval()
    pair.torch_net.train(training)


def first(values):
    """Bring a Keras result into the layout of PyTorch."""
    return np.moveaxis(values, -1, 1) if values.ndim == 4 else values


def asked(pair, method, layer=None):
    return method(pair.torch, pair.channels_first, xai.Logit(TARGETS), layer=layer)


def agree(agreement, one, other):
    name = one.method.name
    agreement(name, "parity", one.values, first(other.values))
    agreement(name, "parity", one.score, other.score)
    np.testing.assert_allclose(one.gap, other.gap, atol=1e-3)
    assert one.evaluations == other.evaluations
    assert (one.standard_error is None) == (other.standard_error is None)
    if one.standard_error is not None:
        agreement(name, "parity", one.standard_error, first(other.standard_error), scale=np.abs(one.values).max())


@pytest.mark.parametrize("method", AT_INPUTS, ids=repr)
def test_both_frameworks_agree(pair, agreement, method):
    agree(agreement, method(pair.torch, pair.channels_first), method(pair.keras, pair.channels_last))


@pytest.mark.parametrize("method", AT_LAYERS, ids=repr)
def test_both_frameworks_agree_at_layers(pair, agreement, method):
    for ours, theirs in pair.layers.items():
        one = method(pair.torch, pair.channels_first, xai.Logit(1), layer=ours)
        agree(agreement, one, method(pair.keras, pair.channels_last, xai.Logit(1), layer=theirs))


@pytest.mark.parametrize("method", AT_LAYERS[-4:-1], ids=repr)
def test_methods_of_layers_choose_the_last_with_space(pair, method):
    method_at = method(pair.torch, pair.channels_first).question.cut.layer
    spatial = [name for name in pair.torch.layers if len(pair.torch.at(name).shape) == 3]
    assert method_at == (spatial[-1] if spatial else "2")  # a perceptron's last layer before the scores
    assert type(method).refusal(pair.torch) is None


def noisy(pair, samples, sigma):
    """The noisy inputs of our own SmoothGrad: Captum's cannot be had."""
    noise = [gaussian_noise(0, index, pair.channels_first.shape[1:], 0) for index in range(samples)]
    return [torch.tensor(pair.channels_first + np.float32(sigma) * one) for one in noise]


def captum_gradients(network, points):
    saliency = captum.attr.Saliency(network)
    return torch.stack([saliency.attribute(point, target=TARGETS, abs=False) for point in points]).double().numpy()


def test_smoothgrad_and_what_is_made_of_its_squares(pair, network, agreement):
    gradients = captum_gradients(network, noisy(pair, 9, 0.2))
    for method, expected in [
        (xai.SmoothGrad(samples=9, sigma=0.2), gradients.mean(axis=0)),
        (xai.SmoothGradSquared(samples=9, sigma=0.2), (gradients**2).mean(axis=0)),
        (xai.VarGrad(samples=9, sigma=0.2), (gradients**2).mean(axis=0) - gradients.mean(axis=0) ** 2),
    ]:
        agreement(method.name, "Captum", asked(pair, method).values, expected)


def test_smoothgrad_squared_and_vargrad_are_what_captum_makes_of_noise(pair, network, agreement, monkeypatch):
    """Captum's NoiseTunnel itself, given our noise in place of its own."""
    noise = np.stack([gaussian_noise(0, index, pair.channels_first.shape[1:], 0) for index in range(6)])

    def ours(mean, std):
        return mean + std * torch.tensor(np.tile(noise, (3, 1, 1, 1)))  # the samples of an input are in a row

    monkeypatch.setattr(torch, "normal", ours)
    tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(network))
    for method, kind in [
        (xai.SmoothGrad, "smoothgrad"),
        (xai.SmoothGradSquared, "smoothgrad_sq"),
        (xai.VarGrad, "vargrad"),
    ]:
        expected = tunnel.attribute(
            torch.tensor(pair.channels_first), kind, nt_samples=6, stdevs=0.1, target=TARGETS, abs=False
        )
        agreement(method.name, "Captum", asked(pair, method(samples=6, sigma=0.1)).values, expected.detach())


@pytest.mark.parametrize("sigma", [0.0, 0.1])
@pytest.mark.parametrize("baselines", ["uniform", "plain", "given"])
def test_expected_gradients_are_captums_at_the_same_samples(pair, network, agreement, baselines, sigma):
    """Captum's gradients at our own baselines, places and noise, times the differences: its own cannot be had."""
    if baselines == "given":
        baselines = np.random.default_rng(3).uniform(size=(3, *pair.channels_first.shape[1:])).astype(np.float32)
    samples, x = 7, pair.channels_first
    starts = baselines_for(x, baselines, pair.torch, 5, 0, samples)
    alphas = [np.float32(np.random.default_rng((5, i, ALPHA)).random()) for i in range(samples)]
    ends = [x + np.float32(sigma) * gaussian_noise((5, NOISE_OF_LINES), i, x.shape[1:], 0) for i in range(samples)]
    points = [torch.tensor(b + a * (end - b)) for a, b, end in zip(alphas, starts, ends, strict=True)]
    ways = np.stack([end - b for b, end in zip(starts, ends, strict=True)])
    products = captum_gradients(network, points) * ways
    found = asked(pair, xai.ExpectedGradients(samples=samples, baselines=baselines, sigma=sigma, seed=5))
    agreement("expected_gradients", "Captum", found.values, products.mean(axis=0))
    error = products.std(axis=0, ddof=1) / np.sqrt(samples)
    np.testing.assert_allclose(found.standard_error, error, atol=1e-4 * error.max())
    with torch.no_grad():
        low = np.mean([network(torch.tensor(b)).numpy()[0, TARGETS] for b in starts], axis=0)
    np.testing.assert_allclose(
        found.absolute_gap, np.abs(found.values.sum(axis=(1, 2, 3)) - (found.score - low)), atol=1e-4
    )


def modules(pair):
    return [(name, pair.torch_net.get_submodule(name)) for name in pair.layers]


@pytest.mark.parametrize("steps", [1, 5, 8, 21])
def test_conductance_is_captums_from_both_ends(pair, network, agreement, steps):
    """Captum takes the gradient at the start of each panel, which in the backward pass is its end, with the other sign.

    The mean of both has the mean of these gradients in each panel, as ours.
    """
    x = torch.tensor(pair.channels_first)
    for name, module in modules(pair):
        method = captum.attr.LayerConductance(network, module)
        options = {"target": TARGETS, "n_steps": steps, "method": "riemann_trapezoid"}
        there = method.attribute(x, baselines=torch.zeros_like(x), **options)
        back = method.attribute(torch.zeros_like(x), baselines=x, **options)
        found = asked(pair, xai.Conductance(steps=steps), name)
        agreement("conductance", "Captum", found.values, (there - back).detach() / 2)
        assert found.evaluations == 3 * (steps + 1)


def test_conductance_converges_to_captums_default(pair, network):
    x = torch.tensor(pair.channels_first)
    name, module = modules(pair)[0]
    expected = captum.attr.LayerConductance(network, module).attribute(x, target=TARGETS, n_steps=400).detach().numpy()
    found = asked(pair, xai.Conductance(steps=400), name)
    assert np.abs(found.values - expected).max() <= 0.03 * np.abs(expected).max()


@pytest.mark.parametrize("steps", [1, 7, 16])
def test_internal_influence_is_captums(pair, network, agreement, steps):
    """Captum's trapezoid rule returns (n - 1) / n of the integral on n nodes; undo that."""
    for name, module in modules(pair):
        expected = captum.attr.InternalInfluence(network, module).attribute(
            torch.tensor(pair.channels_first), target=TARGETS, n_steps=steps + 1, method="riemann_trapezoid"
        )
        found = asked(pair, xai.InternalInfluence(steps=steps), name)
        agreement("internal_influence", "Captum", found.values, expected.detach() * (steps + 1) / steps)


def test_latent_influence_follows_its_definition(pair, network, agreement):
    """The gradients on the line of the layer's own values from zero, times these values, in a loop over the nodes."""
    steps, x = 5, torch.tensor(pair.channels_first)
    for name, module in modules(pair):
        with torch.no_grad():
            latent = captum.attr.LayerActivation(network, module).attribute(x)
        total = torch.zeros_like(latent, dtype=torch.float64)
        for node in range(steps + 1):
            point = (latent * node / steps).requires_grad_()
            hook = module.register_forward_hook(lambda module, inputs, output, point=point: point.clone())
            network(x)[range(3), TARGETS].sum().backward()
            hook.remove()
            total += point.grad * (0.5 if node in (0, steps) else 1)
        found = asked(pair, xai.LatentInfluence(steps=steps), name)
        agreement("latent_influence", "definition", found.values, total / steps * latent)


def test_neuron_integrated_gradients(pair, network, agreement):
    x, steps = torch.tensor(pair.channels_first), 6
    for name, module in modules(pair):
        unit = tuple(size // 2 for size in pair.torch.at(name).shape)
        method = captum.attr.NeuronIntegratedGradients(network, module)
        expected = method.attribute(x, unit, n_steps=steps + 1, method="riemann_trapezoid") * (steps + 1) / steps
        found = xai.IntegratedGradients(steps=steps)(pair.torch, pair.channels_first, xai.Unit(name, unit))
        agreement("integrated_gradients", "Captum", found.values, expected.detach())


def test_neuron_gradients(pair, network, agreement):
    x = torch.tensor(pair.channels_first)
    for name, module in modules(pair):
        unit = tuple(size // 3 for size in pair.torch.at(name).shape)
        expected = captum.attr.NeuronGradient(network, module).attribute(x, unit)
        found = xai.Saliency()(pair.torch, pair.channels_first, xai.Unit(name, unit))
        agreement("saliency", "Captum", found.values, expected)


def test_the_rest_is_captums_too(pair, network, agreement):
    """Those whose agreement other tests hold already, for the table."""
    x = torch.tensor(pair.channels_first, requires_grad=True)
    agreement("saliency", "Captum", asked(pair, xai.Saliency()).values, captum_gradients(network, [x])[0])
    expected = captum.attr.InputXGradient(network).attribute(x, target=TARGETS)
    agreement("input_x_gradient", "Captum", asked(pair, xai.InputXGradient()).values, expected.detach())
    expected = captum.attr.IntegratedGradients(network).attribute(
        x, target=TARGETS, n_steps=9, method="riemann_trapezoid"
    )
    found = asked(pair, xai.IntegratedGradients(steps=8))
    agreement("integrated_gradients", "Captum", found.values, expected.detach() * 9 / 8)
    agreement("influence", "Captum", asked(pair, xai.Influence()).values, captum_gradients(network, [x])[0])


def test_neuron_conductance(pair, network, agreement):
    x, steps = torch.tensor(pair.channels_first), 6
    for (name, module), theirs in zip(modules(pair), pair.layers.values(), strict=True):
        unit = tuple(size // 2 for size in pair.torch.at(name).shape)
        expected = captum.attr.NeuronConductance(network, module).attribute(
            x, unit, target=TARGETS, n_steps=steps + 1, method="riemann_trapezoid"
        )
        found = asked(pair, xai.NeuronConductance(through=xai.Unit(name, unit), steps=steps))
        agreement("neuron_conductance", "Captum", found.values, expected.detach() * (steps + 1) / steps)
        assert found.evaluations == 3 * 2 * (steps + 1)
        assert np.isnan(found.gap).all()
        other = xai.NeuronConductance(through=xai.Unit(theirs, (*unit[1:], unit[0])), steps=steps)
        other = other(pair.keras, pair.channels_last, xai.Logit(TARGETS))
        agreement("neuron_conductance", "parity", found.values, first(other.values))


def test_what_flows_through_a_channel_sums_to_the_conductance_of_its_units(pair):
    name = next(iter(pair.layers))
    x, steps = pair.channels_first[0], 512
    through = xai.NeuronConductance(through=xai.Channel(name, 1), steps=steps)(pair.torch, x, xai.Logit(2))
    conductance = xai.Conductance(steps=steps)(pair.torch, x, xai.Logit(2), layer=name).values
    tolerance = 0.01 * float(np.abs(conductance).sum(axis=tuple(range(1, conductance.ndim))).max())
    assert through.values.sum() == pytest.approx(float(conductance[1].sum()), abs=tolerance)
    few = list(xai.NeuronConductance(through=xai.Channel(name, 1), steps=4).stream(pair.torch, x, xai.Logit(2)))[-1]
    method = xai.NeuronConductance(through=xai.Channel(name, 1), steps=8)
    *_, more = method.stream(pair.torch, x, xai.Logit(2), resume=few)
    np.testing.assert_allclose(more.values, method(pair.torch, x, xai.Logit(2)).values, atol=1e-6)
    for wrong, message in [
        (lambda: xai.NeuronConductance(through=name), "expected Unit"),
        (lambda: method(pair.torch, x, layer=name), "takes no layer"),
        (lambda: method(pair.torch, x, xai.Channel(name, 0)), "expected a later one"),
        (lambda: xai.NeuronConductance(through=xai.Channel(name, 99)).stream(pair.torch, x), "no channel 99"),
        (lambda: xai.NeuronConductance(through=xai.Channel(name, 2), steps=8).stream(pair.torch, x, resume=few), "go"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            wrong()
