"""Without: what it means that a network does not know a column, in three ways, live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Target
from xai_widgets.attribution.result import Attribution
from xai_widgets.models.base import Model
from xai_widgets.widgets.absences import WAYS, Absences
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.kept import read
from xai_widgets.widgets.live import LiveWidget
from xai_widgets.widgets.models import check_alike, checked_models
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.widget import Chosen, front_end
from xai_widgets.widgets.without_choices import WithoutChoices
from xai_widgets.widgets.without_image import without_image


class Withholder(LiveWidget):
    """What each column brings, by three meanings of "without", while two columns are correlated; made by `without`.

    Every attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    network : str
        The name of the network that is explained; "" for one that was given bare.
    target : int, str or None
        The class that is explained; None is the top class of the row.
    first, second : int or str
        The columns that go together: the first stays, the second is changed in the background.
    correlation : float
        How much, from -0.95 to 0.95.
    method : str
        "shapley".
    options : dict
        The options: conditional, draws.
    index : int
        Which row is explained.
    display : dict
        Whether it fills the stage: presenter.

    Examples
    --------
    >>> withholder = xai.without(flowers, rows, rows, correlation=0.9)
    >>> withholder.correlation = 0.0
    >>> sorted(withholder.result)
    ['baseline', 'conditional', 'marginal']
    >>> withholder.close()
    """

    _esm, _css = front_end("without")
    _made_by = "without"

    method: Any = Chosen("").tag(sync=True)
    options: Any = Chosen({}).tag(sync=True)
    index: Any = Chosen(0).tag(sync=True)
    network: Any = Chosen("").tag(sync=True)
    target: Any = Chosen(None).tag(sync=True)
    first: Any = Chosen(0).tag(sync=True)
    second: Any = Chosen(1).tag(sync=True)
    correlation: Any = Chosen(0.0).tag(sync=True)

    def __init__(
        self,
        models: Model | Mapping[str, Model],
        images: Any,
        background: Any,
        *,
        display: Mapping[str, Any] | None = None,
        state: Any = None,
        **choices: Any,
    ) -> None:
        kept = read(state, self._made_by)
        named = checked_models(models)
        check_alike(named)
        questions = Choices(named, Pictures(images, named))
        offered = WithoutChoices(questions, background)
        given = {name: value for name, value in choices.items() if value is not None}
        begun = offered.changed(kept.onto(offered, offered.first()), given)
        told = {**catalogue(questions), **offered.catalogue()}
        super().__init__(offered, Absences(offered), without_image, begun, display, told, kept)

    def _place(self) -> str:
        return f"row {self._screen.asked.index + 1} of {len(self._screen.asked.source)}"

    @property
    def result(self) -> dict[str, Attribution]:
        """The Shapley values of the row, by what "without" means: "baseline", "marginal" and "conditional".

        Waits until they are final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in a model.
        """
        (answer,) = self._answers()
        return dict(zip(WAYS, answer.found, strict=True))


def without(
    models: Model | Mapping[str, Model],
    images: Any,
    background: ArrayLike,
    *,
    network: str | None = None,
    target: Target = None,
    first: int | str | None = None,
    second: int | str | None = None,
    correlation: float | None = None,
    options: Mapping[str, Any] | None = None,
    index: int | None = None,
    display: Mapping[str, Any] | None = None,
    state: Any = None,
) -> Withholder:
    """Return a widget that shows what each column brings to an answer, by three meanings of "without".

    A column that is out stands at its mean (baseline), is that of any row whatever else is known (marginal), or what is
    likely beside what is known (conditional). The bars of all three stand beside each other, and follow a slider that
    has two columns of the background go together. The row and the network stay as they are. Of more than 8 columns the
    coalitions are sampled.

    Parameters
    ----------
    models : Model, or dict of str to Model
        One network that takes rows of a table, or several.
    images : array of shape (rows, columns), or DataFrame
        The rows that are explained, as in `explore`.
    background : array of shape (rows, columns), or DataFrame
        At least 3 rows, better a hundred, which say what columns are like.
    network : str, optional
        Which network is explained; by default the first.
    target : int or str, optional
        The class that is explained; by default the top class of the row.
    first, second : int or str, optional
        The two columns, by number or name; by default the first two that vary. The second is changed.
    correlation : float, optional
        From -0.95 to 0.95; by default as it is in the background.
    options : dict, optional
        ``conditional``, "gaussian" or "empirical", and ``draws``, how many rows take the place of what is absent.
    index : int, optional
        Which row is explained; by default the first.
    display : dict, optional
        Whether it fills the stage: presenter.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of such a widget, or a file of it. All else that is given
        changes it.

    Returns
    -------
    Withholder
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    References
    ----------
    Chen, Janizek, Lundberg, Lee (2020), True to the Model or True to the Data?

    Examples
    --------
    >>> withholder = xai.without(flowers, rows, rows, first="petal", second="stem", correlation=0.9)
    >>> abs(float(withholder.result["marginal"].gap)) < 1e-3
    True
    >>> withholder.close()
    """
    return Withholder(
        models,
        images,
        background,
        network=network,
        target=target,
        first=first,
        second=second,
        correlation=correlation,
        options=options,
        index=index,
        display=display,
        state=state,
    )
