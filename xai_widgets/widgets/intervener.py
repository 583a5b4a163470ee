"""The intervener: concepts between a picture and its answer, told by whoever knows better, live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from xai_widgets.concepts.intervention.intervention import Intervened
from xai_widgets.concepts.intervention.next_concept import ConceptWorth
from xai_widgets.models.base import Model
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.intervene_choices import InterveneChoices
from xai_widgets.widgets.intervene_image import intervene_image
from xai_widgets.widgets.intervenings import Intervenings
from xai_widgets.widgets.kept import read
from xai_widgets.widgets.live import LiveWidget
from xai_widgets.widgets.models import check_alike, checked_models
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.widget import Chosen, front_end


class Intervener(LiveWidget):
    """What follows if concepts are what one says? Bars between a picture and its answer; made by `intervene`.

    Every attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    told : dict of str to float
        By the name of a concept what it is told to be, from 0, no, to 1, yes. Another picture comes without.
    index : int
        Which picture.
    options : dict
        How it is found which concept to ask for next: criterion.
    method : str
        By which method that is: "next_concept".
    display : dict
        Whether it fills the stage: presenter.

    Examples
    --------
    >>> intervener = xai.intervene(bottleneck, images, "concepts")
    >>> intervener.told = {"ring": 1, "cross": 0}
    >>> bool(intervener.result.probabilities.argmax() == bottleneck.target("ring")), intervener.next.best
    (True, 'bar')
    >>> intervener.close()
    """

    _esm, _css = front_end("intervene")
    _made_by = "intervene"

    method: Any = Chosen("").tag(sync=True)
    options: Any = Chosen({}).tag(sync=True)
    index: Any = Chosen(0).tag(sync=True)
    told: Any = Chosen({}).tag(sync=True)

    def __init__(
        self,
        model: Model | Mapping[str, Model],
        images: Any,
        layer: str,
        *,
        truths: Any = None,
        labels: Any = None,
        groups: Any = None,
        levels: Any = None,
        display: Mapping[str, Any] | None = None,
        state: Any = None,
        **choices: Any,
    ) -> None:
        kept = read(state, self._made_by)
        named = checked_models(model)
        source = Pictures(images, named)
        check_alike(named)
        questions = Choices(named, source)
        offered = InterveneChoices(questions, layer, truths, labels, groups, levels)
        given = {name: value for name, value in choices.items() if value is not None}
        begun = offered.changed(kept.onto(offered, offered.first()), given)
        known = {"truths": truths, "labels": labels, "groups": groups, "levels": levels}
        self._needs = (repr(layer), *(f"{name}={name}" for name, one in known.items() if one is not None))
        told = {**catalogue(questions), **offered.catalogue()}
        super().__init__(offered, Intervenings(offered), intervene_image, begun, display, told, kept)

    @property
    def result(self) -> Intervened | dict[str, Intervened]:
        """What the network answers where the concepts are told; for a dict of models a dict.

        Waits until it is final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in a model.
        """
        return self._per_model([answer.found for answer in self._answers()])

    @property
    def next(self) -> ConceptWorth | dict[str, ConceptWorth | None] | None:
        """What it is worth to be told each group; None where that cannot be known; for a dict of models a dict.

        Waits until it is final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in a model.
        """
        return self._per_model([answer.worth for answer in self._answers()])


def intervene(
    model: Model | Mapping[str, Model],
    images: Any,
    layer: str,
    *,
    truths: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    groups: Mapping[str, Sequence[str | int]] | None = None,
    levels: Any = None,
    told: Mapping[str, float] | None = None,
    index: int | None = None,
    options: Mapping[str, Any] | None = None,
    display: Mapping[str, Any] | None = None,
    state: Any = None,
) -> Intervener:
    """Return a widget in which one tells a network what it saw wrongly, and watches the answer follow.

    Between the picture and the classes stands a bar for each concept: drag it, or tell the truth of it, of its group,
    or of the concept that is most worth asking for. Of several networks each has a bar of its own, and all are told
    the same: what a head reads from concepts besides what they are called, which is leakage, shows where the truth
    makes an answer worse.

    Parameters
    ----------
    model : Model, or dict of str to Model
        Networks wrapped by `wrap`, all with the same classes and the same concepts.
    images : array, or list of arrays or PIL pictures
        Channels last, whatever the model's layout, as in `explore`.
    layer : str
        Whose units are the concepts; their names are told in `wrap` with `units`.
    truths : array of shape (images, concepts), optional
        Which concepts are true of which image: 0 is no, 1 is yes, nan where it is not known.
    labels : array of int of shape (images,), optional
        The right classes.
    groups : dict, optional
        Concepts that are asked for together, because exactly one of them is true, as in `NextConcept`.
    levels : (float, float), array of shape (2, concepts), or dict of these by the name of a model, optional
        What concepts say for no and for yes. By default 0 and 1 where they are probabilities, and else the 5th and the
        95th percentile of what they say of the images.
    told : dict of str to float, optional
        By the name of a concept what it is told to be, from 0, no, to 1, yes; by default nothing is told.
    index : int, optional
        Which image; by default the first.
    options : dict, optional
        The options of `NextConcept`: criterion.
    display : dict, optional
        Whether it fills the stage: presenter.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of such a widget, or a file of it. All else that is given
        changes it.

    Returns
    -------
    Intervener
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    References
    ----------
    Koh, Nguyen, Tang, Mussmann, Pierson, Kim, Liang (2020), Concept Bottleneck Models; Shin, Jo, Ahn, Lee (2023), A
    Closer Look at the Intervention Procedure of Concept Bottleneck Models.

    Examples
    --------
    >>> shape = {"shape": ["cross", "ring", "bar"]}
    >>> intervener = xai.intervene(bottleneck, images, "concepts", groups=shape, told={"ring": 1})
    >>> float(intervener.result.values[1]), intervener.next.groups
    (1.0, ('shape',))
    >>> intervener.close()
    """
    return Intervener(
        model,
        images,
        layer,
        truths=truths,
        labels=labels,
        groups=groups,
        levels=levels,
        told=told,
        index=index,
        options=options,
        display=display,
        state=state,
    )
