"""The explicit query: all that the named methods of `gradient_methods` and `layer_methods` choose is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.question import Question, checked_quantity
from xai_widgets.answers.registry import register
from xai_widgets.attribution.ends import PIXEL_ENDS, SQUARE_ENDS
from xai_widgets.attribution.gradients.boundary import Boundary, BoundaryLine
from xai_widgets.attribution.gradients.distribution import Distribution, Point
from xai_widgets.attribution.gradients.influence import InfluenceMethod, Multiplier
from xai_widgets.attribution.gradients.moments import Statistic
from xai_widgets.attribution.gradients.noise import Gaussian, RandomLines
from xai_widgets.attribution.gradients.path import InputLine, Line, Path
from xai_widgets.attribution.method import METHODS
from xai_widgets.errors import InputTypeError
from xai_widgets.models.base import Model
from xai_widgets.models.layers import checked_layer
from xai_widgets.option import Option

DISTRIBUTIONS: dict[str, type[Distribution]] = {
    kind.name: kind for kind in (Point, Line, InputLine, RandomLines, Gaussian, Boundary, BoundaryLine)
}
"""The distributions that the widgets offer, by name, in order."""

PATHS = tuple(name for name, kind in DISTRIBUTIONS.items() if issubclass(kind, Path))
LINES = tuple(name for name, kind in DISTRIBUTIONS.items() if kind.displaces)

MULTIPLIER = Option(
    default="one",
    kind="choice",
    label="Multiplier",
    sentence="What each gradient is multiplied by: one, the whole path, the activation, or its change on the path.",
    choices=("one", "displacement", "activation", "change"),
    choices_when={"displacement": ("distribution", LINES), "change": ("distribution", PATHS)},
)
STATISTIC = Option(
    default="mean",
    kind="choice",
    label="Statistic",
    sentence="How the products are put together.",
    choices=("mean", "mean_square", "variance"),
    choices_when=dict.fromkeys(("mean_square", "variance"), ("multiplier", ("one", "displacement", "activation"))),
)
DISTRIBUTION = Option(
    default="point",
    kind="choice",
    label="Distribution",
    sentence="Where the gradients are taken.",
    choices=tuple(DISTRIBUTIONS),
    labels={name: kind.label for name, kind in DISTRIBUTIONS.items()},
    name="distribution",
)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Influence(InfluenceMethod):
    """The explicit query: a quantity, a distribution and a slice, with a multiplier and a statistic.

    All that the named gradient methods choose is open here; a choice that has a name says so in `known_as`.

    Parameters
    ----------
    distribution : Distribution, default Point()
        Where gradients are taken: `Point`, `Line`, `InputLine`, `RandomLines`, `Gaussian`, `Boundary` or
        `BoundaryLine`.
    quantity : Quantity, optional
        What is explained, unless the call says otherwise; by default the top class.
    layer : str, optional
        The slice, unless the call says otherwise: attribute to this layer's output. A `Unit` or `Channel` quantity
        makes it a slice between two layers.
    multiplier : {"one", "displacement", "activation", "change"}, default "one"
        What each gradient is multiplied by: nothing, end minus start of the path, the activation at the sample, or the
        change of the activation from one sample of the path to the next.
    statistic : {"mean", "mean_square", "variance"}, default "mean"
        How the products are put together.

    References
    ----------
    Leino, Sen, Datta, Fredrikson, Li (2018), Influence-Directed Explanations for Deep Convolutional Networks.

    Examples
    --------
    >>> query = xai.Influence(distribution=xai.InputLine(steps=8), layer="conv2", multiplier="change")
    >>> query.remark
    'This is conductance (Dhamdhere, Sundararajan, Yan 2019).'
    >>> query(model, x).values.shape
    (8, 8, 8)
    """

    distribution: Distribution = Point()
    quantity: Quantity | None = None
    layer: str | None = None
    multiplier: Multiplier = MULTIPLIER.field()
    statistic: Statistic = STATISTIC.field()

    name = "influence"
    label = "Influence of your choice"
    sentence = "The expected gradient of a quantity over a distribution: all that the gradient methods choose is open."
    reference = "Leino, Sen, Datta, Fredrikson, Li 2018"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.distribution, Distribution):
            raise InputTypeError(
                f"distribution is {self.distribution!r}; expected "
                f"{' or '.join(f'{kind.__name__}()' for kind in DISTRIBUTIONS.values())}."
            )
        checked_quantity(self.quantity)
        checked_layer(self.layer)

    @property
    def channels(self) -> Literal["summed", "largest"]:
        return "largest" if self.multiplier == "one" else "summed"

    @property
    def ends(self) -> tuple[str, str]:
        if self.statistic != "mean":
            return SQUARE_ENDS
        return PIXEL_ENDS if self.multiplier == "one" else ("against", "for")

    @property
    def title(self) -> str:
        name, _ = self.known_as or ("", "")
        return f"Influence ({name})" if name else "Influence"

    @property
    def remark(self) -> str:
        if self.known_as is None:
            return "These choices have no name of their own."
        name, reference = self.known_as
        return f"This is {name} ({reference})."

    @property
    def known_as(self) -> tuple[str, str] | None:
        """What the choices are known as, and who named them so; None where they have no name of their own."""
        for kind in METHODS.values():
            if not issubclass(kind, InfluenceMethod) or kind is Influence:
                continue
            options = [option.name for option in kind.options() if hasattr(self.distribution, option.name)]
            named = kind(**{name: getattr(self.distribution, name) for name in options})
            same = (named.multiplier, named.statistic) == (self.multiplier, self.statistic)
            if same and named.distribution.same_options(self.distribution):
                name = kind.label
                return (name[0].lower() + name[1:] if name[1:].islower() else name), kind.reference
        return None

    @classmethod
    def controls(cls) -> tuple[Option, ...]:
        own: dict[str, Option] = {}
        for name, kind in DISTRIBUTIONS.items():
            for option in kind.options():
                before = () if option.name not in own else (own[option.name].when or ("", ()))[1]
                own[option.name] = replace(option, when=("distribution", (*before, name)))
        return (DISTRIBUTION, *own.values(), *(replace(option, aside=True) for option in cls.options()))

    @classmethod
    def from_controls(cls, values: Mapping[str, Any]) -> Influence:
        kind = DISTRIBUTIONS[DISTRIBUTION.check(values["distribution"])]
        distribution = kind(**{option.name: values[option.name] for option in kind.options()})
        return cls(distribution=distribution, **{option.name: values[option.name] for option in cls.options()})

    def as_controls(self) -> dict[str, Any]:
        values = {option.name: option.default for option in self.controls()}
        values["distribution"] = self.distribution.name
        for part in (self.distribution, self):
            values |= {option.name: getattr(part, option.name) for option in part.options()}
        return values

    def ask(self, model: Model, x: ArrayLike, quantity: Quantity | None = None, layer: str | None = None) -> Question:
        asked = self.quantity if quantity is None else quantity
        return super().ask(model, x, asked, self.layer if layer is None else layer)
