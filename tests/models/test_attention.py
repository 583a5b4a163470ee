"""Transformers of PyTorch answer one way in every pass, whichever path PyTorch would take by itself."""

import copy
import threading

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai

IDS = np.array([[1, 2, 3, 0, 0, 0], [4, 5, 6, 7, 8, 9], [3, 1, 0, 0, 0, 0]])


class Padded(nn.Module):
    """A mean over all places, the padded ones with them, where the two paths have different numbers."""

    def __init__(self, layers=2):
        super().__init__()
        self.embedding = nn.Embedding(20, 16, padding_idx=0)
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), layers)
        self.head = nn.Linear(16, 3)

    def forward(self, ids):
        return self.head(self.encoder(self.embedding(ids), src_key_padding_mask=ids == 0).mean(1))


class OfNumbers(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 1)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.encoder(x, src_key_padding_mask=(x == 0).all(-1)).mean(1))


@pytest.fixture
def net():
    torch.manual_seed(0)
    return Padded()


def with_gradients(net, ids):
    return copy.deepcopy(net).eval()(torch.tensor(ids)).detach().numpy()


def test_the_paths_differ_in_pytorch_itself(net):
    with torch.no_grad(), pytest.warns(UserWarning, match="nested tensors"):
        fast = net.eval()(torch.tensor(IDS)).numpy()
    slow = with_gradients(net, IDS)
    assert np.abs(fast - slow)[0].max() > 0.05
    np.testing.assert_allclose(fast[1], slow[1], atol=1e-5)


def test_passes_with_and_without_gradients_have_the_same_scores(net):
    model = xai.wrap(net, input_shape=(6,))
    expected = with_gradients(net, IDS)
    np.testing.assert_allclose(model.scores(IDS), expected, atol=1e-5)
    top = expected.max(axis=1)
    np.testing.assert_allclose(xai.Saliency()(model, IDS).score, top, atol=1e-5)
    np.testing.assert_allclose(xai.Occlusion(window=1, stride=1)(model, IDS).score, top, atol=1e-5)
    assert "encoder.layers.1.norm2" in model.layers


@pytest.mark.parametrize(("make", "shape"), [(Padded, (6,)), (OfNumbers, (6, 4))])
def test_that_the_other_path_differs_is_said(make, shape):
    torch.manual_seed(0)
    model = xai.wrap(make(), input_shape=shape)
    assert "on a fast path, whose outputs differ by up to" in repr(model)


def test_nothing_is_said_where_the_paths_agree():
    class First(Padded):
        def forward(self, ids):
            return self.head(self.encoder(self.embedding(ids), src_key_padding_mask=ids == 0)[:, 0])

    torch.manual_seed(0)
    assert "fast path" not in repr(xai.wrap(First(), input_shape=(6,)))
    assert "fast path" not in repr(xai.wrap(nn.Sequential(nn.Linear(3, 2))))


def test_the_flag_of_pytorch_is_left_alone_in_every_thread(net):
    model = xai.wrap(net, input_shape=(6,))
    seen = []

    class Spy(nn.Module):
        def forward(self, x):
            thread = threading.Thread(target=lambda: seen.append(torch.overrides._get_current_function_mode()))
            thread.start()
            thread.join()
            seen.append(torch.backends.mha.get_fastpath_enabled())
            return x

    net.head = nn.Sequential(Spy(), net.head)
    model.scores(IDS)
    assert seen
    assert set(seen) == {None, True}
    assert torch.overrides._get_current_function_mode() is None


def test_a_callable_takes_the_same_path(net):
    net.eval()
    model = xai.wrap(lambda ids: net(ids), backend="torch", input_shape=(6,))
    np.testing.assert_allclose(model.scores(IDS), with_gradients(net, IDS), atol=1e-5)
