"""What the examples in the docstrings stand on: a small network that tells crosses, rings and bars apart."""

from collections import OrderedDict

import numpy as np
import torch
from torch import nn

import xai_widgets as xai

SIDE = 8
CLASSES = ["cross", "ring", "bar"]
COLUMNS = ["petal", "stem", "pot"]
WORDS = ["<pad>", "<unk>", "a", "dull", "film", "fine", "not"]


def drawn(kind, row, column, ink=1.0):
    """Return a picture (8, 8) of a cross, a ring or a bar of three or four pixels."""
    picture = np.zeros((SIDE, SIDE), np.float32)
    if kind == "cross":
        picture[row + 1, column : column + 3] = picture[row : row + 3, column + 1] = ink
    elif kind == "ring":
        picture[row : row + 3, column : column + 3] = ink
        picture[row + 1, column + 1] = 0
    else:
        picture[row, column : column + 4] = ink
    return picture


def pictures(count, seed):
    """Return pictures (count, 1, 8, 8) with some noise, and their classes, one after the other."""
    random = np.random.default_rng(seed)
    classes = np.arange(count) % len(CLASSES)
    shapes = [drawn(CLASSES[one], *random.integers(0, 5, 2), random.uniform(0.6, 1)) for one in classes]
    noisy = np.stack(shapes) + random.uniform(0, 0.1, (count, SIDE, SIDE))
    return np.clip(noisy, 0, 1).astype(np.float32)[:, None], classes


def trained():
    """Return a convolutional network that has seen two hundred such pictures; it takes a third of a second."""
    torch.manual_seed(0)
    network = nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(1, 8, 3, padding=1),
            relu=nn.ReLU(),
            conv2=nn.Conv2d(8, 8, 3, padding=1),
            relu2=nn.ReLU(),
            pool=nn.AdaptiveMaxPool2d(2),
            flatten=nn.Flatten(),
            dense=nn.Linear(32, 3),
        )
    )
    x, classes = (torch.from_numpy(one) for one in pictures(240, seed=0))
    descent = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(60):
        descent.zero_grad()
        nn.functional.cross_entropy(network(x), classes).backward()
        descent.step()
    return network.eval()


class Reader(nn.Module):
    """Reads four words: "fine" speaks for good, "dull" against it."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS), 2)
        self.head = nn.Linear(2, 2)
        self.embedding.weight.data = torch.zeros(len(WORDS), 2)
        self.embedding.weight.data[WORDS.index("fine"), 0] = 1
        self.embedding.weight.data[WORDS.index("dull"), 1] = 1
        self.head.weight.data, self.head.bias.data = torch.eye(2) * 4, torch.zeros(2)

    def forward(self, ids):
        return self.head(self.embedding(ids).sum(1))


class TwoInputs(nn.Module):
    """Looks at a picture and reads a row of two numbers; each class takes what it can from both."""

    def __init__(self, network):
        super().__init__()
        self.network, self.row = network, nn.Linear(2, 3, bias=False)
        self.row.weight.data = torch.tensor([[2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])

    def forward(self, picture, row):
        return self.network(picture) + self.row(row)


def two_inputs(network):
    """Return a network of a picture and a row of two numbers, the age and the weight of whoever drew it."""
    return xai.wrap(
        TwoInputs(network),
        classes=CLASSES,
        input_shape=[(1, SIDE, SIDE), (2,)],
        bounds=[(0, 1), None],
        input_names=["picture", "row"],
    )


def table():
    """Return a network that answers by the first two of three columns."""
    line = nn.Linear(3, 2)
    line.weight.data, line.bias.data = torch.tensor([[-1.0, 0.5, 0], [1.0, -0.5, 0]]), torch.zeros(2)
    return line.eval()


def behind(network):
    """Return the network as a bottleneck: whether there is a cross, a ring and a bar, and an answer by these alone."""
    head = nn.Linear(3, 3)
    head.weight.data, head.bias.data = torch.eye(3) * 4, torch.zeros(3)
    found = nn.Sequential(OrderedDict([*network.named_children(), ("concepts", nn.Sigmoid()), ("head", head)]))
    return xai.wrap(found.eval(), classes=CLASSES, input_shape=(1, SIDE, SIDE), units={"concepts": CLASSES})


def namespace():
    """Return the names that examples use; `xai_widgets.__doc__` tells them."""
    network, (batch, _) = trained(), pictures(6, seed=1)
    places = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1)).eval()
    with torch.no_grad():
        places[0].weight[:] = torch.tensor([[[[0.0]]], [[[0.1]]]])
        places[0].bias[:] = torch.tensor([0.3, 0.0])
    return {
        "xai": xai,
        "np": np,
        "network": network,
        "model": xai.wrap(network, classes=CLASSES, input_shape=(1, SIDE, SIDE)),
        "bottleneck": behind(network),
        "x": batch[0],
        "batch": batch,
        "images": np.moveaxis(batch, 1, -1),
        "segmenter": xai.wrap(places, classes=["ground", "shape"], input_shape=(1, SIDE, SIDE), outputs="logits"),
        "two_inputs": two_inputs(network),
        "row": np.array([1.0, 0.5], np.float32),
        "picture": batch[0, 0],
        "flowers": xai.wrap(
            table(), classes=["no", "yes"], features=["petal", "stem", "pot"], input_shape=(3,), bounds=None
        ),
        "rows": np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32),
        "reader": xai.wrap(Reader(), classes=["good", "bad"], input_shape=(4,), vocabulary=WORDS),
    }
