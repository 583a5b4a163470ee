"""The decomposer: a layer as sums of few features out of many, live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from xai_widgets.concepts.factors.factors import Factoring, Factors
from xai_widgets.models.base import Model
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.decompose_choices import DecomposeChoices
from xai_widgets.widgets.decompose_image import decompose_image
from xai_widgets.widgets.decompositions import Decompositions
from xai_widgets.widgets.kept import read
from xai_widgets.widgets.live import LiveWidget
from xai_widgets.widgets.models import checked_models
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.widget import Chosen, front_end


class Decomposer(LiveWidget):
    """Of which features is what a layer says made? A dictionary, fitted live; made by `dictionary`.

    Every attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    method : str
        How the layer is taken apart: "sparse_autoencoder", "principal_components" or "nonnegative_factors".
    options : dict
        Its options.
    layer : str
        Which layer.
    feature : int or None
        Which feature is in view; None is the one that is active most often.
    without : list of int
        The features that are switched off.
    index : int
        Which picture is large, of those at which the feature is largest.
    display : dict
        Whether it fills the stage: presenter.

    Examples
    --------
    >>> decomposer = xai.dictionary(model, images, layer="relu2", options={"features": 12})
    >>> decomposer.without = [3]
    >>> decomposer.result.dictionary.shape
    (12, 8)
    >>> decomposer.close()
    """

    _esm, _css = front_end("dictionary")
    _made_by = "dictionary"

    method: Any = Chosen("").tag(sync=True)
    options: Any = Chosen({}).tag(sync=True)
    index: Any = Chosen(0).tag(sync=True)
    layer: Any = Chosen("").tag(sync=True)
    feature: Any = Chosen(None).tag(sync=True)
    without: Any = Chosen([]).tag(sync=True)

    def __init__(
        self,
        model: Model,
        images: Any,
        *,
        labels: ArrayLike | None = None,
        truth: ArrayLike | None = None,
        method: str | Factoring[Any] | None = None,
        options: Mapping[str, Any] | None = None,
        display: Mapping[str, Any] | None = None,
        state: Any = None,
        **choices: Any,
    ) -> None:
        kept = read(state, self._made_by)
        named = checked_models(model)
        questions = Choices(named, Pictures(images, named))
        offered = DecomposeChoices(questions, labels, truth)
        given = {name: value for name, value in choices.items() if value is not None}
        given |= offered.way_given(method, options)
        begun = offered.changed(kept.onto(offered, offered.first()), given)
        told = {**catalogue(questions), **offered.catalogue()}
        super().__init__(offered, Decompositions(offered), decompose_image, begun, display, told, kept)

    def _place(self) -> str:
        asked = self._screen.asked
        return f"picture {asked.index + 1} of those at which the feature is largest"

    @property
    def result(self) -> Factors:
        """The dictionary.

        Waits until it is final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in the model or the method.
        """
        (found,) = self._answers()
        factors: Factors = found.fitted.factors
        return factors


def dictionary(
    model: Model,
    images: Any,
    layer: str | None = None,
    *,
    method: str | Factoring[Any] | None = None,
    options: Mapping[str, Any] | None = None,
    labels: ArrayLike | None = None,
    truth: ArrayLike | None = None,
    feature: int | None = None,
    without: Sequence[int] | None = None,
    index: int | None = None,
    display: Mapping[str, Any] | None = None,
    state: Any = None,
) -> Decomposer:
    """Return a widget that writes what a layer says as sums of few features, fitted while one looks.

    How much is left unexplained, how many features are active at once and how many never are curves over the sparsity,
    which a slider moves. Each feature is a tile with what the network sees where it is largest; it opens with its
    pictures. Features can be switched off: the network answers with what is decoded from the others in place of its own
    activations. Every value of the slider is fitted from the same start, whatever was there before.

    Parameters
    ----------
    model : Model
        One network wrapped by `wrap`.
    images : array, or list of arrays or PIL pictures
        At least two, channels last, whatever the model's layout, as in `explore`.
    layer : str, optional
        Which layer; by default the last one with places.
    method : str or Factoring, default "sparse_autoencoder"
        How the layer is taken apart: "sparse_autoencoder", "principal_components" or "nonnegative_factors", or such a
        method with its options, as `SparseAutoencoder(features=128)`.
    options : dict, optional
        Options of the method; by default its own.
    labels : array of int of shape (pictures,), optional
        The classes that are right; by default answers are compared with those of the whole network.
    truth : array of shape (directions, units), optional
        Directions that are known to be there: how well they are found becomes a curve, too. See `recovered`.
    feature : int, optional
        Which feature is in view; by default the one that is active most often.
    without : list of int, optional
        The features that are switched off; by default none.
    index : int, optional
        Which picture is large, of those at which the feature is largest; by default the first.
    display : dict, optional
        Whether it fills the stage: presenter.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of such a widget, or a file of it. All else that is given
        changes it.

    Returns
    -------
    Decomposer
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    References
    ----------
    Cunningham, Ewart, Riggs, Huben, Sharkey (2024), Sparse Autoencoders Find Highly Interpretable Features in Language
    Models.

    Examples
    --------
    >>> decomposer = xai.dictionary(model, images, layer="relu2", method=xai.PrincipalComponents(count=2))
    >>> decomposer.result.explained.shape
    (2,)
    >>> decomposer.close()
    """
    return Decomposer(
        model,
        images,
        labels=labels,
        truth=truth,
        method=method,
        options=options,
        layer=layer,
        feature=feature,
        without=without,
        index=index,
        display=display,
        state=state,
    )
