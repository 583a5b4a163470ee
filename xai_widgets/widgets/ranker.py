"""The ranker: which method explains best, by metrics that need not agree, over many pictures, live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from xai_widgets.evaluation.metric import Metric
from xai_widgets.evaluation.table import Benchmark
from xai_widgets.models.base import Model
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.comparing import Comparing
from xai_widgets.widgets.kept import read
from xai_widgets.widgets.models import checked_models
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.rank_choices import RankChoices
from xai_widgets.widgets.rank_image import rank_image
from xai_widgets.widgets.rankings import Rankings
from xai_widgets.widgets.widget import Chosen, front_end


class Ranker(Comparing):
    """Which method explains best? A table of methods by metrics that fills in while one looks; made by `rank`.

    Every attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    metrics : list
        The columns, one to five, each a dict of its metric and options; can be set by names or examples.
    row : int
        Whose map is open: a method, or one of the controls, which come after the methods.
    column : int
        By which metric the pictures are in order, from the worst to the best.
    index : int
        Which picture is open.
    grid : list
        The methods, one to five, each a dict of its method, options and layer; can be set by names or examples.
    focus : int
        Which of them `method`, `options` and `layer` are about.
    method : str
    options : dict
    layer : str or None
        Of that method, as in `explore`.
    target : int or None
        The class that is explained, None for the top class of each picture; can be set by name.
    display : dict
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, presenter.

    Examples
    --------
    >>> ranker = xai.rank(model, images, ["saliency", "occlusion"], ["deletion", xai.Infidelity(samples=16)])
    >>> ranker.column = 1
    >>> ranker.result.values.shape
    (4, 2)
    >>> ranker.close()
    """

    _esm, _css = front_end("rank")
    _made_by = "rank"

    metrics: Any = Chosen([]).tag(sync=True)
    row: Any = Chosen(0).tag(sync=True)
    column: Any = Chosen(0).tag(sync=True)

    def __init__(
        self,
        model: Model | Mapping[str, Model],
        images: Any,
        methods: Sequence[Any] | None = None,
        *,
        masks: ArrayLike | None = None,
        display: Mapping[str, Any] | None = None,
        state: Any = None,
        **choices: Any,
    ) -> None:
        kept = read(state, self._made_by)
        named = checked_models(model)
        questions = Choices(named, Pictures(images, named))
        offered = RankChoices(questions, masks)
        given = {name: value for name, value in choices.items() if value is not None}
        if methods is not None:
            given["grid"] = methods
        begun = offered.changed(kept.onto(offered, offered.first()), given)
        told = {**catalogue(questions), **offered.catalogue()}
        super().__init__(offered, Rankings(offered), rank_image, begun, display, told, kept)

    def set(self, *, method: Any = None, display: Mapping[str, Any] | None = None, **changes: Any) -> None:
        """Change several things at once, for instance ``set(row=1, column=0)``.

        Parameters
        ----------
        method : str or Method, optional
            What the method in focus becomes, by name, or an example whose options are taken over.
        display : dict, optional
            What to change of the drawing.
        **changes
            `metrics`, `row`, `column`, `index`, `grid`, `focus`, `layer`, `target`, `options`.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose; nothing has changed then.
        """
        self._set(method, display, changes)

    @property
    def result(self) -> Benchmark:
        """The table, what methods are compared with among its rows.

        Waits until it is final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in the model, a method or a metric.
        """
        (found,) = self._answers()
        table: Benchmark = found.table
        return table


def rank(
    model: Model,
    images: Any,
    methods: Sequence[Any] | None = None,
    metrics: Sequence[str | Metric] | None = None,
    masks: ArrayLike | None = None,
    *,
    row: int | None = None,
    column: int | None = None,
    index: int | None = None,
    target: int | str | None = None,
    display: Mapping[str, Any] | None = None,
    state: Any = None,
) -> Ranker:
    """Return a widget that judges methods by metrics over many pictures, and opens the picture behind each number.

    It shows `benchmark` while that fills in: in each column the best stands on top, and lines that cross are metrics
    that disagree. A cell opens the picture that its method is worst at, and a slider goes on to the best one. A random
    map, a blob in the middle, and where masks are given the true mask stand among the methods.

    Parameters
    ----------
    model : Model
        A network wrapped by `wrap`.
    images : array, or list of arrays or PIL pictures
        At least two, channels last, whatever the model's layout, as in `explore`.
    methods : list of str, Method or dict, optional
        What explains, one to five: by name, as examples, or as dicts of method, options and layer; by default one each
        of three families.
    metrics : list of str, Metric or dict, optional
        What judges, one to five: by name, as examples, or as dicts of metric and options; by default deletion,
        insertion and infidelity, and where there are masks localisation.
    masks : array of bool of shape (pictures, H, W), optional
        Where what matters is known to be.
    row, column : int, default 0
        Whose map is open, and by which metric its pictures are in order.
    index : int, optional
        Which picture is open; by default the first.
    target : int or str, optional
        The class that is explained; by default the top class of each picture.
    display : dict, optional
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, presenter.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of such a widget, or a file of it. All else that is given
        changes it.

    Returns
    -------
    Ranker
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    Notes
    -----
    Metrics agree as far as Kendall's tau under the gap between their columns says; see `Benchmark`.

    Examples
    --------
    >>> ranker = xai.rank(model, images, ["saliency", "occlusion"], ["deletion", "insertion"])
    >>> ranker.result.metrics
    ('Deletion', 'Insertion')
    >>> ranker.close()
    """
    return Ranker(
        model,
        images,
        methods,
        masks=masks,
        metrics=metrics,
        row=row,
        column=column,
        index=index,
        target=target,
        display=display,
        state=state,
    )
