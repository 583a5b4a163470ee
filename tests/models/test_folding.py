"""Batch norms folded into the convolutions before them: what a network answers stays, to its weights' last change."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import xai_widgets as xai

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402  # behind the check that it is there
from torch.utils.checkpoint import checkpoint  # noqa: E402

from xai_widgets.models.torch.recording import Recorder  # noqa: E402

SIDE = 12


class Network(nn.Module):
    """Convolutions of one, two and three uses, with batch norms that have learnt something."""

    def __init__(self, dimensions: int = 2) -> None:
        super().__init__()
        torch.manual_seed(0)
        convolution = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dimensions - 1]
        norm = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)[dimensions - 1]
        self.first, self.norm1 = convolution(3, 6, 3, padding=1, bias=False), norm(6)
        self.deep, self.norm2 = convolution(6, 6, 3, padding=1, groups=3), norm(6, affine=False)
        self.twice, self.norm3 = convolution(6, 6, 1), norm(6)
        self.shared, self.norm4 = convolution(6, 6, 1), norm(6)
        self.head = nn.Linear(6, 4)
        learnt(self)

    def forward(self, x):
        x = torch.relu_(self.norm1(self.first(x)))
        x = x + self.norm2(self.deep(x))
        y = self.twice(x)
        x = torch.relu(self.norm3(y)) + 0.1 * y
        x = self.norm4(self.shared(self.norm4(self.shared(x))))
        return self.head(x.flatten(2).mean(2))


class Checkpointed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.Tanh())
        self.head = nn.Linear(6, 4)
        learnt(self)

    def forward(self, x):
        return self.head(checkpoint(self.body, x, use_reentrant=False).mean((2, 3)))


def learnt(network: nn.Module) -> None:
    torch.manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_()
            module.running_var.uniform_(0.2, 3)
            if module.affine:
                nn.init.normal_(module.weight)
                nn.init.normal_(module.bias)


def slopes_by_hand(network, x, output, at=None):
    """Return the gradients of a score by the inputs `x`, or by what a module puts out, in double precision."""
    network = network.double().eval()
    points = []
    if at is not None:
        # A copy goes on, because the next operation may work in place.
        network.get_submodule(at).register_forward_hook(lambda *found: points.append(found[2]) or found[2].clone())
    inputs = torch.from_numpy(x).double().requires_grad_()
    scores = network(inputs)
    (gradient,) = torch.autograd.grad(scores[:, output].sum(), points[0] if points else inputs)
    return gradient.numpy()


def operations(model, x):
    shadow = model._follow()
    recorder = Recorder()
    recorder.start(shadow.tensor(x))
    with torch.no_grad(), shadow.folding([]), recorder:
        recorder.output = model._run(shadow, recorder.input)
    return [call.function._schema.name for call in recorder.calls]


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_a_folded_network_has_the_gradients_of_the_network_by_hand(dimensions):
    x = np.random.default_rng(0).random((2, 3, *(SIDE,) * dimensions), np.float32)
    model = xai.wrap(Network(dimensions).eval(), input_shape=x.shape[1:])
    expected = slopes_by_hand(Network(dimensions), x, 2)
    found = xai.Saliency()(model, x, xai.Logit(2)).values
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


def test_what_alone_reads_a_convolution_of_one_use_is_folded():
    x = np.random.default_rng(0).random((2, 3, SIDE, SIDE), np.float32)
    model = xai.wrap(Network().eval(), input_shape=x.shape[1:])
    norms = [name for name in operations(model, x) if "batch_norm" in name]
    assert len(norms) == 3  # Behind `twice`, and two times behind `shared`.


@pytest.mark.parametrize("layer", ["first", "norm1", "deep", "norm2", "twice"])
def test_a_layer_before_or_behind_a_folded_norm_is_what_the_network_computes(layer):
    x = np.random.default_rng(0).random((2, 3, SIDE, SIDE), np.float32)
    network = Network().eval()
    model = xai.wrap(network, input_shape=x.shape[1:])
    expected = slopes_by_hand(Network(), x, 1, layer)
    evaluation = model.at(layer).differentiate(x, xai.ask(model, x, xai.Logit(1)).objective)
    assert np.abs(evaluation.gradients - expected).max() <= 1e-5 * np.abs(expected).max()
    seen = []
    handle = network.get_submodule(layer).register_forward_hook(lambda *found: seen.append(found[2].clone()))
    with torch.no_grad():
        network(torch.from_numpy(x))
    handle.remove()
    assert np.allclose(evaluation.activations, seen[0].numpy(), atol=1e-6)


def test_a_network_that_goes_on_training_is_folded_as_it_is_by_then():
    x = np.random.default_rng(0).random((2, 3, SIDE, SIDE), np.float32)
    network = Network().eval()
    model = xai.wrap(network, input_shape=x.shape[1:])
    before = xai.Saliency()(model, x, xai.Logit(0)).values
    with torch.no_grad():
        network.norm1.running_var.mul_(4)
        network.norm1.weight.mul_(-1)
        network.first.weight.add_(0.1)
    changed = Network().eval()
    changed.load_state_dict(network.state_dict())
    expected = slopes_by_hand(changed, x, 0)
    found = xai.Saliency()(model, x, xai.Logit(0)).values
    assert np.abs(found - before).max() > 0.1 * np.abs(before).max()
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


def test_a_network_that_runs_parts_again_in_the_backward_pass_is_not_folded():
    x = np.random.default_rng(0).random((2, 3, SIDE, SIDE), np.float32)
    model = xai.wrap(Checkpointed().eval(), input_shape=x.shape[1:])
    expected = slopes_by_hand(Checkpointed(), x, 3)
    found = xai.Saliency()(model, x, xai.Logit(3)).values
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("between", [False, True])
def test_a_network_that_takes_another_way_from_the_convolution_is_folded_no_longer(between):
    class Changing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.norm, self.other = nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.Linear(6, 4)

        def forward(self, x):
            y = self.first(x)
            other = x.mean() > 0.9
            y = y * 3 if other and between else y
            return self.other((y if other and not between else self.norm(y)).tanh().mean((2, 3)))

    x = np.random.default_rng(0).random((2, 3, SIDE, SIDE), np.float32)
    torch.manual_seed(0)
    network = Changing().eval()
    learnt(network)
    model = xai.wrap(network, input_shape=x.shape[1:])
    for inputs in (x, np.ones_like(x), x):
        found = xai.Saliency()(model, inputs, xai.Logit(1)).values
        expected = slopes_by_hand(copy.deepcopy(network), inputs, 1)
        assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
