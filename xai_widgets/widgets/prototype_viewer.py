"""The prototype viewer: a score as a bill of patches that look like patches of training, live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xai_widgets.concepts.prototypes.prototypes import Likeness
from xai_widgets.models.base import Model
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.kept import read
from xai_widgets.widgets.live import LiveWidget
from xai_widgets.widgets.models import check_alike, checked_models
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.prototype_answers import PrototypeAnswers
from xai_widgets.widgets.prototype_choices import PrototypeChoices
from xai_widgets.widgets.prototype_image import prototype_image
from xai_widgets.widgets.widget import Chosen, front_end


class PrototypeViewer(LiveWidget):
    """What looks like what, and what does that add to the score? Made by `prototypes`.

    Every attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    network : str
        Which of several networks is asked.
    layer : str
        Whose units are the prototypes.
    target : int or None
        The class whose score is read; None is the answer. Can be set by name.
    contrast : int or None
        The class beside it; None is the one with the next largest score. Can be set by name.
    without : list of int
        The prototypes that are struck out.
    index : int
        Which picture.
    method : str
        What reads the score: "prototypes".
    options : dict
        It has none.
    display : dict
        Whether it fills the stage: presenter.

    Examples
    --------
    >>> viewer = xai.prototypes(bottleneck, images, images, layer="concepts")
    >>> viewer.without = [2]
    >>> viewer.result.names
    ('cross', 'ring', 'bar')
    >>> viewer.close()
    """

    _esm, _css = front_end("prototypes")
    _made_by = "prototypes"
    _needs = ("training",)

    method: Any = Chosen("").tag(sync=True)
    options: Any = Chosen({}).tag(sync=True)
    index: Any = Chosen(0).tag(sync=True)
    network: Any = Chosen("").tag(sync=True)
    layer: Any = Chosen("").tag(sync=True)
    target: Any = Chosen(None).tag(sync=True)
    contrast: Any = Chosen(None).tag(sync=True)
    without: Any = Chosen([]).tag(sync=True)

    def __init__(
        self,
        models: Model | Mapping[str, Model],
        images: Any,
        training: Any,
        *,
        display: Mapping[str, Any] | None = None,
        state: Any = None,
        **choices: Any,
    ) -> None:
        kept = read(state, self._made_by)
        named = checked_models(models)
        pictures = Pictures(images, named)
        check_alike(named)
        questions = Choices(named, pictures)
        offered = PrototypeChoices(questions, training)
        given = {name: value for name, value in choices.items() if value is not None}
        begun = offered.changed(kept.onto(offered, offered.first()), given)
        told = {**catalogue(questions), **offered.catalogue()}
        super().__init__(offered, PrototypeAnswers(offered), prototype_image, begun, display, told, kept)

    @property
    def result(self) -> Likeness:
        """What looks like what, and the points of all prototypes, struck out or not.

        Waits until it is final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in the model.
        """
        (answer,) = self._answers()
        found: Likeness = answer.found
        return found


def prototypes(
    models: Model | Mapping[str, Model],
    images: Any,
    training: Any,
    layer: str | None = None,
    *,
    network: str | None = None,
    target: int | str | None = None,
    contrast: int | str | None = None,
    without: Sequence[int] | None = None,
    index: int | None = None,
    display: Mapping[str, Any] | None = None,
    state: Any = None,
) -> PrototypeViewer:
    """Return a widget that reads a score as a bill: this looks like that, and for that there are so many points.

    For networks that end in similarities to prototypes and one linear layer. Each item is a patch of the picture, all
    that the place has seen, beside the patch of training that the prototype is; similarity times weight are its
    points, and their sum with the bias is the score, for one class and another beside it. A click strikes a prototype
    out: the sums and the answer follow at once.

    Parameters
    ----------
    models : Model or dict of str to Model
        Networks wrapped by `wrap`, with the same classes; one is asked at a time.
    images : array, PIL picture, or list of these
        Channels last, whatever the models' layout, as in `explore`.
    training : array, or list of arrays or PIL pictures
        What the networks were trained with, or enough of it: prototypes are shown where they say most in it.
    layer : str, optional
        Whose units are the prototypes; by default the last layer with places behind which there are a maximum or a mean
        over places and one linear layer.
    network : str, optional
        Which of several networks is asked; by default the first.
    target : int or str, optional
        The class whose score is read; by default the answer.
    contrast : int or str, optional
        The class beside it; by default the one with the next largest score.
    without : list of int, optional
        The prototypes that are struck out; by default none.
    index : int, optional
        Which picture; by default the first.
    display : dict, optional
        Whether it fills the stage: presenter.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of such a widget, or a file of it. All else that is given
        changes it.

    Returns
    -------
    PrototypeViewer
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    References
    ----------
    Chen, Li, Tao, Barnett, Su, Rudin (2019), This Looks Like That: Deep Learning for Interpretable Image Recognition;
    Hoffmann, Fanconi, Rade, Kohler (2021), This Looks Like That... Does it?

    Examples
    --------
    >>> viewer = xai.prototypes(bottleneck, images, images, layer="concepts", target="ring")
    >>> viewer.result.points("ring").shape
    (3,)
    >>> viewer.close()
    """
    return PrototypeViewer(
        models,
        images,
        training,
        layer=layer,
        network=network,
        target=target,
        contrast=contrast,
        without=without,
        index=index,
        display=display,
        state=state,
    )
