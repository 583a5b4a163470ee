"""In which order a picture lies in memory, which must not show: PyTorch itself has wrong gradients in some."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from xai_widgets.models.objective import Objective
from xai_widgets.models.torch import model as adapter
from xai_widgets.models.torch import paths
from xai_widgets.models.torch import shadow as shadows


class ToTokens(nn.Module):
    """A stem that normalises, and tokens whose gradients arrive there channels last."""

    def __init__(self, convolution, norm):
        super().__init__()
        torch.manual_seed(0)
        self.stem = convolution(3, 8, 3, padding=1)
        self.norm, self.end = norm(8), nn.Linear(8, 5)
        self.tokens = nn.LayerNorm(8)
        if getattr(self.norm, "running_var", None) is not None:
            self.norm.running_var.uniform_(0.5, 2)
            self.norm.running_mean.normal_()

    def forward(self, x):
        tokens = self.tokens(self.norm(self.stem(x)).flatten(2).transpose(1, 2))
        return self.end(tokens.tanh()[:, 3])


def by_hand(net, x, target=1):
    """Two inputs at a time in double precision: only a single one is wrong."""
    net = copy.deepcopy(net).double().eval()
    point = torch.tensor(np.stack([x, x]), dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(net(point)[0, target], point)
    return gradient[0].numpy()


@pytest.mark.parametrize("pays", [True, False])
@pytest.mark.parametrize(
    ("convolution", "norm", "shape"),
    [
        (nn.Conv2d, nn.BatchNorm2d, (3, 6, 5)),
        (nn.Conv2d, nn.InstanceNorm2d, (3, 6, 5)),
        (nn.Conv3d, nn.BatchNorm3d, (3, 4, 6, 5)),
    ],
)
def test_gradients_are_those_of_the_definition_in_either_order(monkeypatch, convolution, norm, shape, pays):
    # Whatever the machine would measure: a single picture lies channels last, or contiguously.
    monkeypatch.setattr(adapter, "SLOW_SECONDS", 0.0)
    seconds = adapter.TorchModel._seconds_back
    monkeypatch.setattr(
        adapter.TorchModel,
        "_seconds_back",
        lambda self, trial, *asked: seconds(self, trial, *asked) * (1e-3 if trial.channels_last == pays else 1),
    )
    net = ToTokens(convolution, norm).eval()
    x = np.random.default_rng(1).random(shape, np.float32)
    model = xai.wrap(net, input_shape=shape)
    expected = by_hand(net, x)
    for count in (1, 2, 5):
        found = xai.Saliency()(model, np.stack([x] * count), xai.Logit(1)).values[0]
        assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()


def test_the_layout_of_a_single_picture_is_the_one_that_is_faster(monkeypatch):
    monkeypatch.setattr(adapter, "SLOW_SECONDS", 0.0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 3)).eval()
    laid = []
    for pays in (True, False):
        monkeypatch.setattr(
            adapter.TorchModel,
            "_seconds_back",
            lambda self, trial, *asked, pays=pays: 1 if trial.channels_last == pays else 2,
        )
        own = xai.wrap(net, input_shape=(3, 8, 8))._follow()
        laid += [own.laid_out(torch.rand(rows, 3, 8, 8)).is_contiguous() for rows in (1, 4)]
    assert laid == [False, False, True, False]


@pytest.mark.parametrize(
    "flatten", [lambda y: y.flatten(1), lambda y: torch.flatten(y, 1), lambda y: y.view(len(y), -1)]
)
def test_gradients_come_back_to_pictures_in_the_order_in_which_these_lie(flatten, monkeypatch):
    monkeypatch.setattr(shadows, "ORDERED_FROM", 1)  # So small a pass gains nothing from it.

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.stem, self.pool, self.head = nn.Conv2d(3, 4, 3), nn.MaxPool2d(2), nn.Linear(4 * 9, 3)

        def forward(self, x):
            return self.head(flatten(self.pool(self.stem(x).relu())))

    net = Net().eval()
    x = np.random.default_rng(0).random((4, 3, 8, 8), np.float32)
    model, arrived = xai.wrap(net, input_shape=x.shape[1:]), []
    pool = next(one for one in model._follow().network.modules() if isinstance(one, nn.MaxPool2d))
    pool.register_full_backward_hook(lambda _module, _before, behind: arrived.append(behind[0].stride()))
    found = model.at(None).differentiate(x, Objective(np.array([[0, 1, 0]], np.float32))).gradients
    assert arrived == [(36, 1, 12, 4)]
    point = torch.tensor(x, requires_grad=True)
    (expected,) = torch.autograd.grad(net(point)[:, 1].sum(), point)
    assert np.abs(found - expected.numpy()).max() < 1e-6


@pytest.mark.parametrize(
    ("between", "width", "looks"),
    [
        ([nn.AdaptiveAvgPool2d(1), nn.Flatten()], 4, False),
        ([nn.AdaptiveAvgPool2d(2), nn.Flatten()], 16, True),
        ([nn.Flatten(2), nn.AdaptiveAvgPool1d(4), nn.Flatten()], 16, True),
    ],
)
def test_a_network_that_flattens_no_pictures_is_not_watched_for_it(between, width, looks, monkeypatch):
    monkeypatch.setattr(shadows, "ORDERED_FROM", 1)
    entered = []
    enter = paths.GradientsChannelsLast.__enter__
    monkeypatch.setattr(paths.GradientsChannelsLast, "__enter__", lambda self: entered.append(self) or enter(self))
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), *between, nn.Linear(width, 3)).eval()
    x = np.random.default_rng(0).random((4, 3, 8, 8), np.float32)
    model = xai.wrap(net, input_shape=x.shape[1:])
    entered.clear()
    found = model.at(None).differentiate(x, Objective(np.array([[0, 1, 0]], np.float32))).gradients
    assert bool(entered) == looks
    point = torch.tensor(x, requires_grad=True)
    (expected,) = torch.autograd.grad(net(point)[:, 1].sum(), point)
    assert np.abs(found - expected.numpy()).max() < 1e-6
