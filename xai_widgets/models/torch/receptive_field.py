"""A PyTorch network as a list of steps, recorded from a pass, and its passes in parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_unflatten

from xai_widgets.models.failures import failing
from xai_widgets.models.objective import Array
from xai_widgets.models.torch.folding import OtherWay
from xai_widgets.models.torch.local import Order, Ref, first_of, local
from xai_widgets.models.torch.objective import objective_values
from xai_widgets.models.torch.recording import Call, Recorder
from xai_widgets.models.torch.shadow import Shadow
from xai_widgets.models.torch.tensors import from_numpy, mode, to_numpy
from xai_widgets.receptive_field.plan import Gather, Plan
from xai_widgets.receptive_field.program import Plane, Program, Step
from xai_widgets.receptive_field.recompute import Ground, Recomputation

ROWS = (2, 3)
"""How many inputs the two recorded passes have, which tells what follows their number."""


class UnrecordedError(Exception):
    """The network does something that cannot be run again from a record."""


class PerRow(NamedTuple):
    """Stands for a whole number that follows the number of inputs."""

    times: int


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation with its arguments, the leaves of a tree."""

    whole: Callable[..., Any]
    patched: Callable[..., Any]
    """Takes the same arguments, and a patch that holds all it reads: it leaves the padding out."""
    leaves: list[Any]
    tree: Any


class TorchRecomputation(Recomputation):
    """A PyTorch network that can be run again in parts.

    Parameters
    ----------
    record : Record
    shadow : Shadow
    scores : callable
        From the network's output and the number of rows to the scores.
    """

    def __init__(self, record: Record, shadow: Shadow, scores: Callable[[Any, int], Tensor]) -> None:
        super().__init__(Program(tuple(record.steps), record.planes, record.output))
        self._record = record
        self._shadow = shadow
        self._scores = scores
        self._constants: dict[int, Any] = {}

    def ground(self, plan: Plan, batch: Array, objective: Any) -> Ground:
        layers: dict[int, Tensor] = {}
        with mode(False, self._shadow.device), failing("network", batch.shape):
            self._constants = {}
            for value, operation in self._record.constants:
                self._constants[value] = self._called(operation, operation.whole, [], len(batch))
            values: dict[int, Any] = {0: self._shadow.tensor(batch)}
            for number, step in enumerate(self.program.steps):
                if 0 in plan.stored and not layers:
                    layers[0] = _rows(values[0], "first")
                inputs = [values[value] for value in step.inputs]
                values[step.output] = found = self._run(number, inputs, True, len(batch))
                if step.output in plan.stored:
                    layers[step.output] = _rows(found, self._record.orders[step.output])
                for value in step.inputs:
                    if plan.last[value] == number:
                        values.pop(value, None)
            scores = self._scores(values[self.program.output], len(batch))
            found = objective_values(objective, scores)
        return Ground(plan, len(batch), layers, to_numpy(found), to_numpy(scores))

    def values(self, ground: Ground, patches: Array, cells: Array, inputs: Array, objective: Any) -> Array:
        indices = (from_numpy(index) for index in ground.plan.indices(cells, inputs, ground.count))
        rows = len(patches)
        with mode(False, self._shadow.device):
            with failing("network", patches.shape):
                output = self._recompute(ground.plan, ground.layers, self._shadow.tensor(patches), indices, rows)
            return to_numpy(objective_values(objective, self._scores(output, rows)))

    def _run(self, number: int, inputs: list[Any], whole: bool, rows: int) -> Any:
        operation = self._record.operations[number]
        return self._called(operation, operation.whole if whole else operation.patched, inputs, rows)

    def _called(self, operation: Operation, function: Callable[..., Any], inputs: list[Any], rows: int) -> Any:
        given, filled = iter(inputs), []
        for leaf in operation.leaves:
            if isinstance(leaf, Ref):
                value = self._constants[leaf.value] if leaf.value in self._constants else next(given)
                filled.append(value if leaf.part is None else value[leaf.part])
            else:
                filled.append(leaf.times * rows if isinstance(leaf, PerRow) else leaf)
        args, kwargs = tree_unflatten(filled, operation.tree)
        return function(*args, **kwargs)

    def _gathered(self, gather: Gather, layer: Tensor, patch: Tensor, index: Tensor, whole: bool) -> Tensor:
        channels, order = layer.shape[1], self._record.orders[gather.value]
        table = torch.cat([layer, _rows(patch, order), layer.new_full((1, channels), gather.fill)])
        found = table.index_select(0, index.reshape(-1).to(table.device))
        if order == "flat" and whole:
            return found
        found = found.view(*index.shape, channels)
        return found.permute(0, 3, 1, 2) if order == "first" else found


def recomputation(
    shadow: Shadow, run: Callable[[Tensor], Any], x: Array, scores: Callable[[Any, int], Tensor]
) -> TorchRecomputation | None:
    """Return what runs a network in parts, recorded on the inputs `x`; None where no record would do the same."""
    with mode(False, shadow.device), shadow.folding([]), failing("network", x.shape):
        try:
            return TorchRecomputation(Record(run, shadow.tensor(x)), shadow, scores)
        except UnrecordedError:
            return None
        except OtherWay:  # From now on nothing is folded.
            return recomputation(shadow, run, x, scores)


class Record:
    """What a network's passes were seen to do.

    Parameters
    ----------
    run : callable
        Runs preprocessing and network on a tensor of inputs.
    inputs : tensor
        As many as the larger of `ROWS`.

    Raises
    ------
    UnrecordedError
        If the record would not do the same.
    """

    def __init__(self, run: Callable[[Tensor], Any], inputs: Tensor) -> None:
        self.steps: list[Step] = []
        self.operations: list[Operation] = []
        self.constants: list[tuple[int, Operation]] = []
        self.planes: dict[int, Plane] = {}
        self.orders: dict[int, Order] = {}
        passes = [Recorder() for _ in ROWS]
        for recorder, rows in zip(passes, ROWS, strict=True):
            recorder.start(inputs[:rows])
            with recorder:
                recorder.output = run(recorder.input)
        if any(recorder.shared for recorder in passes):
            raise UnrecordedError("it works in place on a tensor that has another view")
        few, more = (recorder.calls for recorder in passes)
        if [call.function for call in few] != [call.function for call in more]:
            raise UnrecordedError("it does other things for other numbers of inputs")
        self._known = [{id(recorder.input): Ref(0, None)} for recorder in passes]
        self._fixed: set[int] = set()
        self._count = 1
        self._note_plane(0, passes[0].input)
        for one, other in zip(few, more, strict=True):
            self._add(one, other)
        outputs = [known.get(id(recorder.output)) for known, recorder in zip(self._known, passes, strict=True)]
        if outputs[0] is None or outputs[0] != outputs[1] or outputs[0].part is not None:
            raise UnrecordedError("its output is not that of an operation")
        self.output = outputs[0].value
        self._leave_out_unused()

    def _add(self, one: Call, other: Call) -> None:
        calls = tuple(zip(self._known, (one, other), strict=True))
        if one.function is torch.ops.aten.as_strided_.default and tuple(one.args[0].shape) == tuple(one.args[1]):
            for known, call in calls:
                known[id(call.result)] = known[id(call.args[0])]
            return
        leaves, tree = self._leaves(one, other)
        whole = _functional(one.function)
        refs = [leaf for leaf in leaves if isinstance(leaf, Ref) and leaf.value not in self._fixed]
        follows = any(isinstance(leaf, PerRow) for leaf in leaves)
        value, self._count = self._count, self._count + 1
        found = local(one, leaves, refs, self.orders, self.planes) if refs else None
        several = isinstance(one.result, tuple | list)
        for known, call in calls:
            if several and found is None:
                known.update({id(part): Ref(value, number) for number, part in enumerate(call.result)})
            else:
                known[id(call.result[0] if several else call.result)] = Ref(value, None)
        if not refs and not follows:
            self._fixed.add(value)
            self.constants.append((value, Operation(whole, whole, leaves, tree)))
            return
        inputs, patched = tuple(ref.value for ref in refs), whole
        if found is None:
            self.steps.append(Step(inputs, value))
            self._note_plane(value, one.result)
        else:
            whole = first_of(whole) if several else whole
            patched = found.patched or whole
            self.steps.append(Step(inputs, value, found.places, found.fill, found.work))
            self.orders[value], self.planes[value] = found.order, found.plane
        self.operations.append(Operation(whole, patched, leaves, tree))

    def _leaves(self, one: Call, other: Call) -> tuple[list[Any], Any]:
        """Return the arguments of a call as leaves: references, numbers that follow the rows, and what stays."""
        (few, tree), (more, same) = tree_flatten((one.args, one.kwargs)), tree_flatten((other.args, other.kwargs))
        if tree != same:
            raise UnrecordedError("an operation has other arguments for other numbers of inputs")
        return [self._leaf(a, b) for a, b in zip(few, more, strict=True)], tree

    def _leaf(self, a: Any, b: Any) -> Any:
        if isinstance(a, Tensor) and isinstance(b, Tensor):
            refs = self._known[0].get(id(a)), self._known[1].get(id(b))
            if refs[0] != refs[1]:
                raise UnrecordedError("an operation takes other tensors for other numbers of inputs")
            if refs[0] is None and a is not b and not (a.shape == b.shape and torch.equal(a, b)):
                raise UnrecordedError("an operation takes a tensor that follows the inputs in some hidden way")
            return a if refs[0] is None else refs[0]
        if type(a) is int and type(b) is int and a != b:
            if a % ROWS[0] or b % ROWS[1] or a // ROWS[0] != b // ROWS[1]:
                raise UnrecordedError(f"an operation takes {a} for {ROWS[0]} inputs and {b} for {ROWS[1]}")
            return PerRow(a // ROWS[0])
        if not _equal(a, b):
            raise UnrecordedError("an operation takes other numbers for other inputs")
        return a

    def _note_plane(self, value: int, result: Any) -> None:
        if isinstance(result, Tensor) and result.dim() == 4:
            self.orders[value], self.planes[value] = "first", (result.shape[2], result.shape[3])

    def _leave_out_unused(self) -> None:
        """Leave out the steps that the output does not come from, such as a softmax that is not asked for."""
        used, kept = {self.output}, []
        for step, operation in zip(reversed(self.steps), reversed(self.operations), strict=True):
            if step.output in used:
                used.update(step.inputs)
                kept.append((step, operation))
        self.steps = [step for step, _ in reversed(kept)]
        self.operations = [operation for _, operation in reversed(kept)]
        # Views and the like of the weights, which cost nothing; they may be read by a step or by one another.
        if not any(0 in step.inputs for step in self.steps):
            raise UnrecordedError("its output does not come from its input")


def _functional(function: Any) -> Any:
    """Return what does the same out of place, and however its input lies in memory."""
    aten, schema = torch.ops.aten, function._schema
    if function in (aten.view.default, aten._unsafe_view.default):
        return torch.reshape
    if function is aten.as_strided.default:
        raise UnrecordedError("it reads memory by strides")
    if not schema.is_mutable:
        return function
    written = [a.name for a in schema.arguments if a.alias_info is not None and a.alias_info.is_write]
    packet = getattr(aten, schema.name.removeprefix("aten::").removesuffix("_"), None)
    if written != ["self"] or packet is None or function._overloadname not in packet.overloads():
        raise UnrecordedError(f"it works in place by {schema.name}")
    return getattr(packet, function._overloadname)


def _equal(a: Any, b: Any) -> bool:
    """Whether two things are known to be equal: some cannot be compared, such as the packed weights of quantisation."""
    try:
        return bool(a == b)
    except Exception:  # noqa: BLE001 - runs __eq__ of anybody's class: where it raises, nothing is known to be equal.
        return False


def _rows(pictures: Tensor, order: Order) -> Tensor:
    """Return pictures, whose channels come first or last, as (places, channels)."""
    pictures = pictures.permute(0, 2, 3, 1) if order == "first" else pictures
    return pictures.reshape(-1, pictures.shape[-1])
