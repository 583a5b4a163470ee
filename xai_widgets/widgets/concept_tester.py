"""The concept tester: what a concept that is told by examples adds to a class, live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import traitlets
from numpy.typing import ArrayLike

from xai_widgets.concepts.examples.concept import Concept
from xai_widgets.concepts.examples.tcav import TCAVEstimate
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.concept_choices import ConceptChoices, checked_concepts
from xai_widgets.widgets.concept_effects import ConceptTests
from xai_widgets.widgets.concept_image import concept_image
from xai_widgets.widgets.concept_pictures import ConceptPictures
from xai_widgets.widgets.kept import read
from xai_widgets.widgets.live import LiveWidget
from xai_widgets.widgets.models import check_alike, checked_models
from xai_widgets.widgets.widget import Chosen, front_end


class ConceptTester(LiveWidget):
    """What does a concept add to a class? Its effect over random splits, and steering along it; made by `concepts`.

    Every attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    layer : str
        Where the concept is looked for.
    target : int
        The class that it adds to; can be set by name.
    concept : str
        Whose pictures are in view, and along which is steered.
    step : float
        So many steps of the concept are added, from -3 to 3 by quarters.
    count : int or None
        So many pictures of each side are taken, the first ones; None is all.
    without : list of int
        The pictures that are out, by their number among all: those of the class, examples and counterparts.
    index : int
        Which picture is steered, by the same number.
    options : dict
        The options of the test: runs, classifier, penalty, places.
    method : str
        How concepts are tested: "tcav".
    display : dict
        Whether it fills the stage: presenter.

    Examples
    --------
    >>> bright = xai.Concept("bright", np.clip(images + 0.3, 0, 1), counterpart=images)
    >>> tester = xai.concepts(model, images, bright, layer="conv2", target="ring")
    >>> tester.result["bright"].effect > 0, tester.result["bright"].random.shape
    (True, (60,))
    >>> tester.close()
    """

    _esm, _css = front_end("concepts")
    _made_by = "concepts"
    _needs = ("concepts",)

    method: Any = Chosen("").tag(sync=True)
    options: Any = Chosen({}).tag(sync=True)
    index: Any = Chosen(0).tag(sync=True)
    layer: Any = Chosen("").tag(sync=True)
    target: Any = Chosen(0).tag(sync=True)
    concept: Any = Chosen("").tag(sync=True)
    step: Any = Chosen(0.0).tag(sync=True)
    count: Any = Chosen(None).tag(sync=True)
    without: Any = Chosen([]).tag(sync=True)

    _added = traitlets.Any([]).tag(sync=True)
    _brought = traitlets.Any([]).tag(sync=True)

    _from_kernel: ClassVar[tuple[str, ...]] = ("catalogue", "_added", "_brought")

    def __init__(
        self,
        model: Model | Mapping[str, Model],
        images: Any,
        concepts: Concept | Sequence[Concept],
        *,
        display: Mapping[str, Any] | None = None,
        state: Any = None,
        **choices: Any,
    ) -> None:
        kept = read(state, self._made_by)
        named = checked_models(model)
        source = ConceptPictures(images, checked_concepts(concepts), named)
        check_alike(named)
        questions = Choices(named, source)
        offered = ConceptChoices(questions, source)
        given = {name: value for name, value in choices.items() if value is not None}
        begun = offered.changed(kept.onto(offered, offered.first()), given)
        told = {**catalogue(questions), **offered.catalogue()}
        self._tests = ConceptTests(offered)
        super().__init__(offered, self._tests, concept_image, begun, display, told, kept)

    @property
    def result(self) -> dict[str, Any]:
        """What each concept adds, a `TCAVEstimate` by its name; for a dict of models a dict of these.

        Waits until all are final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in a model.
        """
        answers = self._answers()
        found: list[dict[str, TCAVEstimate]] = [dict(answer.estimates) for answer in answers]
        named: dict[str, Any] = self._each(found)
        return named

    @property
    def concepts(self) -> dict[str, Any]:
        """The concepts as they are told now, a `Concept` by its name; for a dict of models a dict of these.

        Pictures are as the model takes them, with those that were added, without those that are out.
        """
        state = self._screen.asked
        named: dict[str, Any] = self._each([self._tests.concepts(state, name) for name in self._choices.models])
        return named

    @property
    def inputs(self) -> Any:
        """The pictures at which the class is looked at, as the model takes them; for a dict of models a dict."""
        source = self._screen.asked.source
        return self._each([source.batch(name, range(source.images)) for name in self._choices.models])

    @property
    def picture(self) -> Any:
        """The picture that is steered, a batch of one as the model takes it; for a dict of models a dict."""
        state = self._screen.asked
        return self._each([state.source.batch(name, [state.index]) for name in self._choices.models])

    @property
    def pictures(self) -> list[Array]:
        """All pictures as arrays, channels last: of the class, examples and counterparts, those that were added."""
        source: ConceptPictures = self._screen.asked.source
        return source.arrays()

    def _each(self, found: Sequence[Any]) -> Any:
        """Return one thing for each model as Python gives them: bare where a model was given bare."""
        names = self._choices.models
        return found[0] if "" in names else dict(zip(names, found, strict=True))


def concepts(
    model: Model | Mapping[str, Model],
    images: ArrayLike | Sequence[Any],
    concepts: Concept | Sequence[Concept],
    layer: str | None = None,
    *,
    target: int | str | None = None,
    concept: str | None = None,
    step: float | None = None,
    count: int | None = None,
    without: Sequence[int] | None = None,
    index: int | None = None,
    options: Mapping[str, Any] | None = None,
    display: Mapping[str, Any] | None = None,
    state: Any = None,
) -> ConceptTester:
    """Return a widget that shows what concepts add to a class, of one network or of several beside each other.

    Each concept has a row: its effect with the standard error, over a cloud of random splits that grows, and a cross at
    what the class really gains from the counterpart to the examples. Pictures are taken out and in with a click, and
    one's own dropped into a concept. A slider adds the concept to what the layer holds of one picture, and the classes
    follow.

    Parameters
    ----------
    model : Model, or dict of str to Model
        Networks wrapped by `wrap`, all with the same classes.
    images : array, or list of arrays or PIL pictures
        At which the class is looked at, such as its own; channels last, whatever the model's layout, as in `explore`.
    concepts : Concept, or list of Concept
        Each with a counterpart; pictures like `images`, or as the model takes them.
    layer : str, optional
        Where concepts are looked for; by default the last layer with places.
    target : int or str, optional
        The class that they add to; by default the one that the first network gives to most of the images.
    concept : str, optional
        Whose pictures are in view, and along which is steered; by default the first.
    step : float, optional
        So many steps of it are added to the picture in view, from -3 to 3 by quarters; by default none.
    count : int, optional
        So many pictures of each side are taken, the first ones; by default all.
    without : list of int, optional
        The pictures that are out, by their number among all; by default none.
    index : int, optional
        Which picture is steered; by default the first.
    options : dict, optional
        The options of `TCAV`: runs, classifier, penalty, places.
    display : dict, optional
        Whether it fills the stage: presenter.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of such a widget, or a file of it. All else that is given
        changes it.

    Returns
    -------
    ConceptTester
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    References
    ----------
    Kim, Wattenberg, Gilmer, Cai, Wexler, Viegas, Sayres (2018), Interpretability Beyond Feature Attribution:
    Quantitative Testing with Concept Activation Vectors (TCAV).

    Examples
    --------
    >>> bright = xai.Concept("bright", np.clip(images + 0.3, 0, 1), counterpart=images)
    >>> tester = xai.concepts(model, images, bright, layer="conv2", target="ring", step=1)
    >>> steered = model.with_direction("conv2", tester.result["bright"].direction, tester.step)
    >>> steered.scores(tester.picture).shape
    (1, 3)
    >>> tester.close()
    """
    return ConceptTester(
        model,
        images,
        concepts,
        layer=layer,
        target=target,
        concept=concept,
        step=step,
        count=count,
        without=without,
        index=index,
        options=options,
        display=display,
        state=state,
    )
