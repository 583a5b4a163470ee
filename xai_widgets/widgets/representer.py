"""Representations: whether the layers of networks are alike, live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from xai_widgets.models.base import Model
from xai_widgets.similarity.comparison import Comparison
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.kept import read
from xai_widgets.widgets.live import LiveWidget
from xai_widgets.widgets.models import check_alike, checked_models
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.represent_choices import RepresentChoices
from xai_widgets.widgets.represent_image import represent_image
from xai_widgets.widgets.representings import Representings
from xai_widgets.widgets.widget import Chosen, front_end


class Representer(LiveWidget):
    """Are two networks alike? Layers by layers, and the pictures as two of them place them; made by `representations`.

    Every attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    one, other : str
        The names of the networks whose layers are the rows and the columns; "" for a network that was given bare.
    layer, beside : str
        The layer of each whose clouds are open.
    method : str
        What says how alike they are: "cka", "rbf_cka", "cca", "svcca" or "pwcca".
    options : dict
        The options of that.
    index : int
        Which picture is in view.
    marked : list of int
        The pictures that are marked in both clouds.
    display : dict
        Whether it fills the stage: presenter.

    Examples
    --------
    >>> networks = {"start": model.randomised(), "trained": model}
    >>> representer = xai.representations(networks, images, layers=["conv", "conv2", "dense"])
    >>> representer.beside = "conv"
    >>> representer.result.matrix.shape
    (3, 3)
    >>> representer.close()
    """

    _esm, _css = front_end("represent")
    _made_by = "representations"

    method: Any = Chosen("").tag(sync=True)
    options: Any = Chosen({}).tag(sync=True)
    index: Any = Chosen(0).tag(sync=True)
    one: Any = Chosen("").tag(sync=True)
    other: Any = Chosen("").tag(sync=True)
    layer: Any = Chosen("").tag(sync=True)
    beside: Any = Chosen("").tag(sync=True)
    marked: Any = Chosen([]).tag(sync=True)

    def __init__(
        self,
        models: Model | Mapping[str, Model],
        images: Any,
        *,
        labels: ArrayLike | None = None,
        layers: Any = None,
        display: Mapping[str, Any] | None = None,
        state: Any = None,
        **choices: Any,
    ) -> None:
        kept = read(state, self._made_by)
        named = checked_models(models)
        check_alike(named)
        questions = Choices(named, Pictures(images, named))
        offered = RepresentChoices(questions, layers, labels)
        given = {name: value for name, value in choices.items() if value is not None}
        begun = offered.changed(kept.onto(offered, offered.first()), given)
        told = {**catalogue(questions), **offered.catalogue()}
        super().__init__(offered, Representings(offered), represent_image, begun, display, told, kept)

    @property
    def result(self) -> Comparison:
        """How alike all layers of the two networks are.

        Waits until it is final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in a model.
        """
        (found,) = self._answers()
        compared: Comparison = found.comparison
        return compared


def representations(
    models: Model | Mapping[str, Model],
    images: Any,
    *,
    labels: ArrayLike | None = None,
    layers: Any = None,
    one: str | None = None,
    other: str | None = None,
    layer: str | None = None,
    beside: str | None = None,
    method: str | None = None,
    options: Mapping[str, Any] | None = None,
    index: int | None = None,
    marked: Sequence[int] | None = None,
    display: Mapping[str, Any] | None = None,
    state: Any = None,
) -> Representer:
    """Return a widget that shows how alike the layers of networks are, and how two of them place the pictures.

    A matrix has a cell for each pair of layers. A cell opens two clouds, the pictures along the two principal
    components of each layer, the second turned so that it lies on the first: what is marked in one is marked in the
    other. A slider goes through the networks where there are three or more, such as steps of a training. What the same
    index says of shuffled pictures stands behind a button: it is all that is to be had by chance.

    Parameters
    ----------
    models : Model, or dict of str to Model
        One network, whose layers are compared with each other, or several, in the order of the slider.
    images : array, or list of arrays or PIL pictures
        At least four, better a hundred, and at most 256, channels last, whatever the models' layout, as in `explore`.
    labels : array of int of shape (pictures,), optional
        Their classes, which colour the clouds.
    layers : list of str, or dict of str to list of str, optional
        Which layers of all networks, or of each by its name; by default at most 12, evenly spread.
    one, other : str, optional
        The names of the networks that are compared; by default the first and the last.
    layer, beside : str, optional
        The layer of each whose clouds are open; by default the last but one.
    method : str, default "cka"
        What says how alike they are: "cka", "rbf_cka", "cca", "svcca" or "pwcca".
    options : dict, optional
        The options of that, such as ``{"estimator": "biased"}``.
    index : int, optional
        Which picture is in view; by default the first.
    marked : list of int, optional
        The numbers of pictures that are marked in both clouds; by default none.
    display : dict, optional
        Whether it fills the stage: presenter.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of such a widget, or a file of it. All else that is given
        changes it.

    Returns
    -------
    Representer
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    References
    ----------
    Kornblith, Norouzi, Lee, Hinton (2019), Similarity of Neural Network Representations Revisited.

    Examples
    --------
    >>> networks = {"start": model.randomised(), "trained": model}
    >>> representer = xai.representations(networks, images, labels=[0, 1, 2, 0, 1, 2], method="rbf_cka")
    >>> representer.result.layers[0] == tuple(model.layers)
    True
    >>> representer.close()
    """
    return Representer(
        models,
        images,
        labels=labels,
        layers=layers,
        one=one,
        other=other,
        layer=layer,
        beside=beside,
        method=method,
        options=options,
        index=index,
        marked=marked,
        display=display,
        state=state,
    )
