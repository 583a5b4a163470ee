"""The dissector: what a unit responds to, by concepts whose places are known, live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from xai_widgets.concepts.dissection.network_dissection import Dissection
from xai_widgets.models.base import Model
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.dissect_choices import DissectChoices
from xai_widgets.widgets.dissect_image import dissect_image
from xai_widgets.widgets.dissections import Dissections
from xai_widgets.widgets.kept import read
from xai_widgets.widgets.live import LiveWidget
from xai_widgets.widgets.models import checked_models
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.widget import Chosen, front_end


class Dissector(LiveWidget):
    """What does a unit respond to? Its pictures beside concepts whose places are known; made by `units`.

    Every attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    layer : str
        Whose units.
    unit : int or None
        Which is in view; None is the one that a single concept fits best.
    formula : list
        Concepts, each with what joins it to those before it, or words such as "centre or white and not pot"; empty is
        the concept that fits best.
    without : list of int
        The units that are taken out of the network.
    index : int
        Which picture is large, of those at which the unit says most.
    options : dict
        The quantile above which a unit counts as on.
    method : str
        How units are compared with concepts: "network_dissection".
    display : dict
        Whether it fills the stage: presenter.

    Examples
    --------
    >>> masks = {"top": np.arange(64).reshape(8, 8) < 32, "left": np.arange(64).reshape(8, 8) % 8 < 4}
    >>> concepts = {name: np.stack([mask] * 6) for name, mask in masks.items()}
    >>> dissector = xai.units(model, images, concepts, layer="relu2")
    >>> dissector.formula = "top and left"
    >>> dissector.result.iou.shape[1]
    2
    >>> dissector.close()
    """

    _esm, _css = front_end("units")
    _made_by = "units"
    _needs = ("concepts",)

    method: Any = Chosen("").tag(sync=True)
    options: Any = Chosen({}).tag(sync=True)
    index: Any = Chosen(0).tag(sync=True)
    layer: Any = Chosen("").tag(sync=True)
    unit: Any = Chosen(None).tag(sync=True)
    formula: Any = Chosen([]).tag(sync=True)
    without: Any = Chosen([]).tag(sync=True)

    def __init__(
        self,
        model: Model,
        images: Any,
        concepts: Mapping[str, ArrayLike],
        *,
        labels: ArrayLike | None = None,
        quantile: float | None = None,
        display: Mapping[str, Any] | None = None,
        state: Any = None,
        **choices: Any,
    ) -> None:
        kept = read(state, self._made_by)
        named = checked_models(model)
        questions = Choices(named, Pictures(images, named))
        offered = DissectChoices(questions, concepts, labels)
        given = {name: value for name, value in choices.items() if value is not None}
        if quantile is not None:
            given["options"] = {"quantile": quantile}
        begun = offered.changed(kept.onto(offered, offered.first()), given)
        told = {**catalogue(questions), **offered.catalogue()}
        super().__init__(offered, Dissections(offered), dissect_image, begun, display, told, kept)

    def _place(self) -> str:
        asked = self._screen.asked
        return f"picture {asked.index + 1} of those at which the unit says most"

    @property
    def result(self) -> Dissection:
        """How all units of the layer fit all concepts.

        Waits until it is final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in the model.
        """
        (found,) = self._answers()
        dissection: Dissection = found.dissection
        return dissection


def units(
    model: Model,
    images: Any,
    concepts: Mapping[str, ArrayLike],
    layer: str | None = None,
    *,
    labels: ArrayLike | None = None,
    quantile: float | None = None,
    unit: int | None = None,
    formula: str | Sequence[Any] | None = None,
    without: Sequence[int] | None = None,
    index: int | None = None,
    display: Mapping[str, Any] | None = None,
    state: Any = None,
) -> Dissector:
    """Return a widget that shows what the units of a layer respond to, by concepts whose places are known.

    A unit brings the pictures at which it says most, dark where it is off, with the border of a concept, and how well
    both fit over all pictures. Formulas of concepts are counted in the page; what the best one reaches, and what the
    network had before it learnt anything, stand beside it. Units can be taken out: the accuracy follows.

    Parameters
    ----------
    model : Model
        One network wrapped by `wrap`.
    images : array, or list of arrays or PIL pictures
        At least two, channels last, whatever the model's layout, as in `explore`.
    concepts : dict of str to array of bool of shape (pictures, H, W)
        Where each concept is.
    layer : str, optional
        Whose units; by default the last layer with places.
    labels : array of int of shape (pictures,), optional
        The classes that are right; by default answers are compared with those of the whole network.
    quantile : float, default 0.04
        How large a share of all places a unit counts as on at.
    unit : int, optional
        Which is in view; by default the one that a single concept fits best.
    formula : str or list, optional
        Of concepts, such as "centre or white and not pot", taken from left to right; by default the concept that fits
        best.
    without : list of int, optional
        The units that are taken out of the network; by default none.
    index : int, optional
        Which picture is large, of those at which the unit says most; by default the first.
    display : dict, optional
        Whether it fills the stage: presenter.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of such a widget, or a file of it. All else that is given
        changes it.

    Returns
    -------
    Dissector
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    References
    ----------
    Bau, Zhou, Khosla, Oliva, Torralba (2017), Network Dissection: Quantifying Interpretability of Deep Visual
    Representations; Mu, Andreas (2020), Compositional Explanations of Neurons.

    Examples
    --------
    >>> masks = {"top": np.arange(64).reshape(8, 8) < 32, "left": np.arange(64).reshape(8, 8) % 8 < 4}
    >>> concepts = {name: np.stack([mask] * 6) for name, mask in masks.items()}
    >>> dissector = xai.units(model, images, concepts, layer="relu2", unit=1)
    >>> dissector.result.concepts
    ('top', 'left')
    >>> dissector.close()
    """
    return Dissector(
        model,
        images,
        concepts,
        labels=labels,
        quantile=quantile,
        layer=layer,
        unit=unit,
        formula=formula,
        without=without,
        index=index,
        display=display,
        state=state,
    )
