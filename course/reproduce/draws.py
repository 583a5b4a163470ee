"""What is other in a draw, in which a lesson is judged: pictures, seeds, and where that takes seconds networks.

Everything follows from the number of the draw. What a lesson says of the results that come with the course was measured
over seeds before, and no draw changes it. Lessons load their data through the names that are exchanged here; what the
networks are trained with does not.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import xai_course
import xai_widgets as xai
from xai_course import alike, data, faces, flowers, imagenet, reading, text
from xai_course.answering import networks as answering
from xai_course.data import Digits, Faces, Slices

APART = 1000
"""How far the seeds of one draw are from those of the next: no lesson counts so many."""
OTHER_NETWORKS = 4
"""How many networks take turns where a lesson's own is kept: they are trained when they are first asked for."""
SEEDS = ("seed", "seeds")

DRAWN = {
    "00": "other flowers, other networks, other test digits, other days of the invented world",
    "01": "other test digits, another order of the training digits, another network, other noise",
    "02": "the photographs cropped otherwise, by up to 6 %, and half of them mirrored",
    "03": "other networks, and other test pictures where one of several is taken",
    "04": "other test digits, other starts of attacks; the networks are those that come with the course",
    "05": "another network, other pictures of the same people, other crops of the photographs, other noise",
    "06": "another network, other pictures of the same people, other noise",
    "07": "another network, other pictures of the same people, other crops of the photographs, other random weights",
    "08": "another network, other pictures of the same people, other masks and samples",
    "09": "another network, other digits, other samples",
    "10": "other test digits; the networks are those that come with the course",
    "11": "other slices of the patients for testing; the network is the one that comes with the course",
    "12": "other reviews by the same grammar, and a network that was trained on them",
    "13": "other test digits, other noise; the networks are those that come with the course",
    "14": "other scenes, other random weights; the network is the one that comes with the course",
    "15": "other flowers, other pictures of the same people, other networks, other random weights",
    "16": "other flowers, other networks",
    "17": "other flowers, other networks, other weights before training",
    "20": "other toys, sheets and starts, other flowers, another network",
    "22": "other test digits, other networks, other noise; the robust network is the one that comes with the course",
    "21": "other flowers; the networks are those that come with the course",
    "24": "other tables, other people, other decisions, other networks",
    "23": "other scenes and questions, another of the three networks of each kind, other weights in section 4",
    "19": "other flowers, other networks, other noise to begin with",
    "18": "other pictures of the same people, other networks, other flowers, other random splits",
}
"""What is drawn for each lesson."""


def use(draw: int) -> None:
    """Let lessons that run in this process from now on meet a draw; draw 0 is the lesson as it is."""
    if draw:
        shuffled = {"load_digits": other_digits, "load_faces": other_faces, "load_slices": other_slices}
        for name, other in shuffled.items():
            _exchange(name, _afterwards(getattr(data, name), functools.partial(other, draw=draw)))
        _exchange("load_flowers", functools.partial(data.load_flowers, seed=draw))
        _exchange("write_reviews", functools.partial(data.write_reviews, seed=draw))
        imagenet.load_photograph = functools.partial(other_crop, draw=draw)
        faces.network = functools.partial(_network_of_faces, faces.network, 1 + (draw - 1) % OTHER_NETWORKS)
        alike.network = functools.partial(_network_of_digits, alike.network, 1 + (draw - 1) % OTHER_NETWORKS)
        flowers.others = functools.partial(_other_networks, draw)
        for function in (flowers.network, flowers.training_set):
            _default(function, 1 + (draw - 1) % OTHER_NETWORKS)
        _default(answering.network, draw % len(answering.SEEDS))
        text.network = functools.partial(_network_of_reviews, draw=draw)
        reading.network = functools.partial(reading.trained, seed=draw)
        for method in _with_seeds():
            method.__init__.__kwdefaults__["seed"] += APART * draw


def reseeded(statement: ast.stmt, draw: int) -> ast.Module:
    """Return a statement, ready to be compiled, in which every seed that is written as a number is another one."""
    return ast.fix_missing_locations(ast.Module([_Reseeding(APART * draw).visit(statement)], []))


def other_digits(digits: Digits, draw: int) -> Digits:
    """Return the same digits in another order: lessons take the first that fit."""
    train, test = (_order(len(y), draw) for y in (digits.y_train, digits.y_test))
    return dataclasses.replace(
        digits,
        x_train=digits.x_train[train],
        y_train=digits.y_train[train],
        x_test=digits.x_test[test],
        y_test=digits.y_test[test],
    )


def other_faces(found: Faces, draw: int) -> Faces:
    """Return the same people, whose test pictures have changed places with others of the same person."""
    order = np.arange(len(found.pictures))
    for label in range(len(found.classes)):
        places = found.test[found.labels[found.test] == label]
        order[places] = places[_order(len(places), draw)]
    return dataclasses.replace(found, pictures=found.pictures[order])


def other_slices(slices: Slices, draw: int) -> Slices:
    """Return the same slices, those for testing in another order."""
    return dataclasses.replace(slices, test=slices.test[_order(len(slices.test), draw)])


def other_crop(name: str, draw: int, load: Callable[[str], Any] = imagenet.load_photograph) -> NDArray[np.float32]:
    """Return a photograph without a margin of up to 6 % of it, from another seed for each, perhaps mirrored."""
    from skimage import transform

    picture = load(name)
    generator = np.random.default_rng([draw, *name.encode()])
    side = len(picture) - int(generator.integers(1, 1 + round(0.06 * len(picture))))
    top, left = generator.integers(0, 1 + len(picture) - side, 2)
    cropped = picture[top : top + side, left : left + side]
    if generator.random() < 0.5:
        cropped = cropped[:, ::-1]
    return transform.resize(cropped, picture.shape).astype(np.float32)


def _network_of_faces(
    network: Callable[..., Any], seed: int, lab: ModuleType, recipe: Any, *which: Any, **said: Any
) -> Any:
    """Return a network that was trained in PyTorch, in whichever framework."""
    torch = xai_course.backend("torch")
    found, origin = network(torch, recipe, *which, seed=seed, **said)
    return lab.build(recipe.architecture, torch.weights_of(found)), origin


def _network_of_digits(network: Callable[..., Any], turn: int, lab: ModuleType, seed: int = 0, **step: int) -> Any:
    """Return a network from other first weights that was trained in PyTorch, in whichever framework."""
    torch = xai_course.backend("torch")
    found = network(torch, seed + turn * len(alike.SEEDS), **step)
    return lab.build(alike.DIGITS_DEEP, torch.weights_of(found))


def _other_networks(draw: int, lab: ModuleType) -> list[Any]:
    """Return two networks for flowers that are not the one of the draw."""
    turn = 1 + (draw - 1) % OTHER_NETWORKS
    return [flowers.network(lab, seed=1 + (turn + more - 1) % OTHER_NETWORKS) for more in (1, 2)]


def _network_of_reviews(lab: ModuleType, draw: int) -> Any:
    return text.trained(lab, xai_course.write_reviews(), seed=draw)


def _default(function: Any, seed: int) -> None:
    """Let a function take this seed where it is told none."""
    arguments = function.__code__.co_varnames[: function.__code__.co_argcount]
    defaults = dict(zip(arguments[::-1], function.__defaults__[::-1], strict=False))
    function.__defaults__ = tuple((defaults | {"seed": seed}).values())[::-1]


def _order(count: int, draw: int) -> NDArray[np.int64]:
    return np.random.default_rng(draw).permutation(count)


def _exchange(name: str, other: Callable[..., Any]) -> None:
    """Exchange what lessons know by a name, under which they may take it from either package."""
    for package in (xai_course, data):
        setattr(package, name, other)


def _afterwards(load: Callable[..., Any], other: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda *arguments, **named: other(load(*arguments, **named))


def _with_seeds() -> list[Any]:
    """Return the public classes that have a seed, unless one is given."""
    classes = [each for each in vars(xai).values() if isinstance(each, type) and dataclasses.is_dataclass(each)]
    return [each for each in classes if "seed" in (each.__init__.__kwdefaults__ or {})]


class _Reseeding(ast.NodeTransformer):
    """Adds to each seed that is a number, or a range of them."""

    def __init__(self, more: int) -> None:
        self.more = more

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        """Change ``seed=0``."""
        self.generic_visit(node)
        if node.arg in SEEDS:
            node.value = self.other(node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Change ``default_rng(0)``."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "default_rng":
            node.args = [self.other(one) for one in node.args]
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """Change ``seeds = range(4)``."""
        self.generic_visit(node)
        if any(isinstance(target, ast.Name) and target.id in SEEDS for target in node.targets):
            node.value = self.other(node.value)
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        """Change ``for seed in range(5, 10):``."""
        self.generic_visit(node)
        if isinstance(node.target, ast.Name) and node.target.id in SEEDS:
            node.iter = self.other(node.iter)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        """Change ``... for seed in range(4)``."""
        self.generic_visit(node)
        if isinstance(node.target, ast.Name) and node.target.id in SEEDS:
            node.iter = self.other(node.iter)
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        """Change ``def error(samples, seeds=range(40)):``."""
        self.generic_visit(node)
        last = node.args[len(node.args) - len(node.defaults) :]
        node.defaults = [
            self.other(value) if name.arg in SEEDS else value for name, value in zip(last, node.defaults, strict=True)
        ]
        return node

    def other(self, seed: ast.expr) -> ast.expr:
        """Return another seed, or other ones."""
        if isinstance(seed, ast.Constant) and type(seed.value) is int:
            return ast.Constant(seed.value + self.more)
        if isinstance(seed, ast.Call) and isinstance(seed.func, ast.Name) and seed.func.id == "range":
            ends = seed.args if len(seed.args) > 1 else [ast.Constant(0), *seed.args]
            return ast.Call(seed.func, [*map(self.other, ends[:2]), *ends[2:]], [])
        return seed
