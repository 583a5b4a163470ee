"""The exciter: what excites a class or a channel, and what a layer keeps of a picture, live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xai_widgets.concepts.moving.activation_maximisation import Excitation
from xai_widgets.concepts.moving.feature_inversion import Inversion
from xai_widgets.models.base import Model
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.choices import Choices, given_options
from xai_widgets.widgets.excitations import Excitations
from xai_widgets.widgets.excite_choices import ExciteChoices
from xai_widgets.widgets.excite_image import excite_image
from xai_widgets.widgets.kept import read
from xai_widgets.widgets.live import LiveWidget
from xai_widgets.widgets.models import check_alike, checked_models
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.widget import Chosen, front_end


class Exciter(LiveWidget):
    """What would excite it, and what does a layer keep? A picture that grows; made by `excite`.

    Every attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    method : str
        What moves the picture: "activation_maximisation" or "feature_inversion".
    options : dict
        Its options, the regularisers among them.
    network : str
        Which of several networks is excited or inverted.
    target : int
        The class that is excited. Can be set by name; it takes the place of a channel.
    channel : int or None
        The channel of `layer` that is excited; None is the class.
    layer : str
        Whose channel it is, or which is inverted.
    start : {"noise", "picture"}
        What activation maximisation begins with.
    index : int
        Which picture is inverted, or begun with.
    display : dict
        Whether it fills the stage: presenter.

    Examples
    --------
    >>> exciter = xai.excite(model, images, target="ring", options={"steps": 16})
    >>> exciter.result.score > 0
    True
    >>> exciter.close()
    """

    _esm, _css = front_end("excite")
    _made_by = "excite"

    method: Any = Chosen("").tag(sync=True)
    options: Any = Chosen({}).tag(sync=True)
    index: Any = Chosen(0).tag(sync=True)
    network: Any = Chosen("").tag(sync=True)
    layer: Any = Chosen("").tag(sync=True)
    channel: Any = Chosen(None).tag(sync=True)
    target: Any = Chosen(0).tag(sync=True)
    start: Any = Chosen("noise").tag(sync=True)

    def __init__(
        self,
        models: Model | Mapping[str, Model],
        images: Any,
        *,
        display: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        state: Any = None,
        **choices: Any,
    ) -> None:
        kept = read(state, self._made_by)
        named = checked_models(models)
        pictures = Pictures(images, named)
        check_alike(named)
        questions = Choices(named, pictures)
        offered = ExciteChoices(questions)
        given = {name: value for name, value in choices.items() if value is not None}
        if given_options(options):
            given["options"] = given_options(options)
        begun = offered.changed(kept.onto(offered, offered.first()), given)
        told = {**catalogue(questions), **offered.catalogue()}
        super().__init__(offered, Excitations(offered), excite_image, begun, display, told, kept)

    @property
    def result(self) -> Excitation | Inversion:
        """The picture in the end, as the method returns it.

        Waits until it is final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in the model.
        """
        (answer,) = self._answers()
        found: Excitation | Inversion = answer.found
        return found


def excite(
    models: Model | Mapping[str, Model],
    images: Any,
    target: int | str | None = None,
    *,
    channel: int | None = None,
    layer: str | None = None,
    network: str | None = None,
    method: str | None = None,
    start: str | None = None,
    index: int | None = None,
    display: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    state: Any = None,
) -> Exciter:
    """Return a widget in which a picture grows that excites a class or a channel, or of which a layer says the same.

    Beside the picture stands what the network says of it, what other networks say, and how rough it is beside pictures
    that are real. A move of a regulariser begins anew, with the same noise: what changes follows from it alone.

    Parameters
    ----------
    models : Model or dict of str to Model
        Networks wrapped by `wrap`, with the same classes: one is excited, all are asked what they see.
    images : array, PIL picture, or list of these
        Channels last, whatever the models' layout, as in `explore`: to be inverted, to begin with, and to compare with.
    target : int or str, optional
        The class that is excited; by default the first.
    channel : int, optional
        The channel of `layer` that is excited in place of a class.
    layer : str, optional
        Whose channel it is, or which is inverted; by default the last one with places.
    network : str, optional
        Which of several networks is excited or inverted; by default the first.
    method : {"activation_maximisation", "feature_inversion"}, optional
        What moves the picture; by default the first.
    start : {"noise", "picture"}, optional
        What activation maximisation begins with; by default noise.
    index : int, optional
        Which picture is inverted, or begun with; by default the first.
    display : dict, optional
        Whether it fills the stage: presenter.
    options : dict, optional
        Of the method, the regularisers among them.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of such a widget, or a file of it. All else that is given
        changes it.

    Returns
    -------
    Exciter
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    References
    ----------
    Simonyan, Vedaldi, Zisserman (2014), Deep Inside Convolutional Networks; Mahendran, Vedaldi (2015), Understanding
    Deep Image Representations by Inverting Them; Olah, Mordvintsev, Schubert (2017), Feature Visualization.

    Examples
    --------
    >>> exciter = xai.excite(model, images, method="feature_inversion", layer="relu2")
    >>> exciter.result.layer
    'relu2'
    >>> exciter.close()
    """
    return Exciter(
        models,
        images,
        target=target,
        channel=channel,
        layer=layer,
        network=network,
        method=method,
        start=start,
        index=index,
        display=display,
        options=options,
        state=state,
    )
