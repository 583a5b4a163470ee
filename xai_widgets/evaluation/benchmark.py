"""Every method judged by every metric over many inputs, with maps that know nothing beside them."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence

from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.stream import Stream
from xai_widgets.attribution.method import Method
from xai_widgets.evaluation.jury import Cell, Jury, Verdict, with_localisation
from xai_widgets.evaluation.metric import Metric
from xai_widgets.evaluation.table import Benchmark
from xai_widgets.models.base import Model


def benchmark(
    model: Model,
    x: ArrayLike,
    *,
    methods: Sequence[Method | tuple[Method, str | None]],
    metrics: Sequence[Metric],
    masks: ArrayLike | None = None,
    quantity: Quantity | None = None,
) -> Benchmark:
    """Return what metrics say of methods over a batch of inputs, with controls beside them.

    Of the numbers of a metric it shows those that can be compared between methods: of `Infidelity` the share that is
    left unexplained, and that of a map of a layer as it lies over the input, about which the others are asked, too.

    Parameters
    ----------
    model : Model
        A network wrapped by `xai_widgets.wrap`.
    x : array of shape (batch, *input shape)
        Many inputs: what holds for one may hold for no other.
    methods : sequence of Method, or of (Method, str)
        What explains; with a layer, as the method takes it, where it is not its own.
    metrics : sequence of Metric
    masks : array of bool of shape (batch, *places), optional
        Where what matters is: then `Localisation` is a column as well, and the true mask a row.
    quantity : Quantity, optional
        What is explained; by default the top class of each input.

    Returns
    -------
    Benchmark
        Its means are over all inputs.

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    Examples
    --------
    >>> methods = [xai.Saliency(), xai.Occlusion(window=2, stride=2)]
    >>> table = xai.benchmark(model, batch, methods=methods, metrics=[xai.Insertion(steps=8)])
    >>> table.inputs == len(batch)
    True
    """
    return benchmark_stream(model, x, methods=methods, metrics=metrics, masks=masks, quantity=quantity).last()


def benchmark_stream(
    model: Model,
    x: ArrayLike,
    *,
    methods: Sequence[Method | tuple[Method, str | None]],
    metrics: Sequence[Metric],
    masks: ArrayLike | None = None,
    quantity: Quantity | None = None,
) -> Stream[Benchmark]:
    """Return the tables one by one: one after each method at an input, input after input.

    The first input shows what is there, with nan for methods that are still to come. From then on means are over the
    inputs at which all methods were judged, so that no method has the easier ones.

    Parameters
    ----------
    model, x, methods, metrics, masks, quantity
        As in `benchmark`.

    Returns
    -------
    iterator of Benchmark

    Raises
    ------
    ValueError, TypeError
        At once, if something does not fit.

    Examples
    --------
    >>> for table in xai.benchmark_stream(model, batch, methods=[xai.Saliency()], metrics=[xai.Deletion(steps=8)]):
    ...     if table.inputs == 2:
    ...         break
    >>> table.final
    False
    """
    judging = with_localisation(metrics, masks)
    jury = Jury(model, x, methods=methods, metrics=judging, masks=masks, quantity=quantity)
    return Stream(table for table in tables(jury, {}) if table is not None)


def tables(jury: Jury, memory: MutableMapping[Cell, Verdict], first: Cell = (0, 0)) -> Iterator[Benchmark | None]:
    """Yield a table after each method at an input, and None after each chunk of work that brought none.

    Parameters
    ----------
    jury : Jury
    memory : mapping of cells to final verdicts
        What is known already, of which the first table is made where there is any; it is filled.
    first : (int, int)
        The input and the method that are looked at: they come first, then the other methods at this input, then all
        else; see `Jury.cells`.
    """
    table = jury.table(memory) if memory else None
    if table is not None:
        yield table
    for cell in jury.cells(first):
        if cell in memory:
            continue
        for verdict in jury.steps(cell):
            if verdict is None or not verdict.final:
                yield None
                continue
            memory[cell] = verdict
            table = jury.table(memory, table)
            yield table
