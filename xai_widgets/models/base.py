"""A network as the methods see it: what may be asked of it, in NumPy."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from xai_widgets.errors import FailedPassError, InputError, InputTypeError, shown, unknown_name
from xai_widgets.models.arguments import Preprocess, checked_outputs, checked_shape
from xai_widgets.models.attention import Attention
from xai_widgets.models.cut import Cut
from xai_widgets.models.edit import Edit
from xai_widgets.models.edits import ablation, activation, direction
from xai_widgets.models.evidence import Evidence
from xai_widgets.models.fingerprint import fingerprint
from xai_widgets.models.head import Head, Kind
from xai_widgets.models.inputs.beside import Beside, checked_beside
from xai_widgets.models.inputs.category_columns import CategoryNames
from xai_widgets.models.inputs.given import Given, InputLayout
from xai_widgets.models.inputs.lookups import sources
from xai_widgets.models.inputs.named import told_by_name
from xai_widgets.models.inputs.several import Several
from xai_widgets.models.intake import Intake
from xai_widgets.models.layers import checked_layer, no_layer
from xai_widgets.models.layout import Layout, unknown
from xai_widgets.models.names import Names, checked_classes, doubles, told_apart
from xai_widgets.models.objective import Array, Objective
from xai_widgets.models.outputs import Outputs
from xai_widgets.models.patches import count_of_patches
from xai_widgets.models.pickling import check_pickled, copied
from xai_widgets.models.places import CONSTANT, Places
from xai_widgets.models.resets import Resets
from xai_widgets.models.results import Output, Pick, checked_path
from xai_widgets.models.told import Told, checked_told, told_layouts, warn_of_another
from xai_widgets.models.unit_names import UnitNames, check_count, checked_units, generated_names, unit_number
from xai_widgets.models.vectors import Lookup, Vectors
from xai_widgets.option import Counted
from xai_widgets.receptive_field.recompute import Recomputation


class Model(Intake):
    """A network as the methods see it. Made by `wrap`; the network itself is never changed.

    Attributes
    ----------
    backend : str
        "torch" or "tensorflow".
    layers : list of str
        The names that ``layer=`` takes.
    classes : tuple of str or None
        The names of the outputs.
    input : Input
        What one input is, a picture, a signal, a volume, a row of a table, a text or several of these.
    bounds : tuple of float or None
        The smallest and largest value of an input; None for tables.
    input_shape : tuple of int or None
        The shape of one input in the network's own layout; None until the first input is seen.
    outputs : {"logits", "probabilities", "values"} or None
        What the network puts out; "probabilities" means that the logits could not be reached, so that `scores` are
        log-probabilities. None until the first input is seen.
    output_shape : tuple of int or None
        The shape of one input's scores: (outputs,), or of a segmentation (classes, height, width) in PyTorch and
        (height, width, classes) in Keras. None until the first input is seen.
    tokens : Tokens or None
        Where inputs are token ids: how many there are, which one fills up, and their words.
    features : tuple of str or None
        The names of the columns of a table.

    Examples
    --------
    >>> model.probabilities(x).shape, model.class_name(int(model.scores(x).argmax()))
    ((1, 3), 'cross')
    """

    backend: ClassVar[str]

    def __init__(
        self,
        network: Any,
        *,
        classes: Names | None = None,
        bounds: Any = (0, 1),
        preprocess: Preprocess | None = None,
        input_shape: Any = None,
        input_layout: InputLayout | None = None,
        input_names: Names | None = None,
        outputs: Outputs | None = None,
        output: Output | None = None,
        features: Names | Mapping[str, Names] | None = None,
        vocabulary: Names | Mapping[str, Names] | None = None,
        tokenizer: Any = None,
        padding: int | Mapping[str, int] | None = None,
        beside: Beside | None = None,
        tokens: bool | Mapping[str, bool] | None = None,
        categories: CategoryNames | None = None,
        layouts: Told | None = None,
        units: UnitNames | None = None,
    ) -> None:
        said = told_by_name(
            tokens=tokens,
            vocabulary=vocabulary,
            padding=padding,
            tokenizer=tokenizer,
            features=features,
            categories=categories,
        )
        given = Given(bounds, input_layout, input_names, said, checked_beside(beside))
        super().__init__(network, given, preprocess=preprocess, input_shape=input_shape)
        self._arguments = {
            "classes": classes,
            "bounds": bounds,
            "preprocess": preprocess,
            "input_shape": input_shape,
            "input_layout": input_layout,
            "input_names": input_names,
            "outputs": outputs,
            "output": output,
            "features": features,
            "vocabulary": vocabulary,
            "tokenizer": tokenizer,
            "padding": padding,
            "beside": beside,
            "tokens": tokens,
            "categories": categories,
            "layouts": layouts,
            "units": units,
        }
        self._told_layouts = checked_told(layouts)
        self._told_units = checked_units(units)
        self.classes = checked_classes(classes)
        self._class_names = told_apart(self.classes or ())
        self.outputs = self._given_outputs = checked_outputs(outputs)
        self._told_output = checked_path(output)
        self._pick: Pick | None = None
        """Which tensor of the network's result is explained; None until a result is seen."""
        self.notes: dict[str, Any] = {}
        """What others found out about the model, and may forget: it goes when the model goes."""
        self.output_shape: tuple[int, ...] | None = None
        self._output_count: int | None = None
        self._head: Kind = "scores"
        self._evidence = ""
        self._remarks: list[str] = []
        self._changes = 0
        """How often the network was found to be set to something else."""
        self._embedding: str | None = None
        self._cuts: dict[str | None, Cut] = {}
        self._vectors: Cut | None = None
        self._refusals: dict[str, str] = {}
        self._found: tuple[dict[str, Layout], Evidence] | None = None
        self._followed: tuple[dict[str, Places], Evidence, str] | None = None
        self._attends: list[Attention] | None = None
        self._inspect()
        shape = self.input_shape or self._readable_input_shape() or self.given.tokens.shape
        if shape is None:
            self._take(())
        else:
            self.build(shape)

    def scores(self, x: ArrayLike) -> Array:
        """Return the scores, (batch, outputs): logits where they can be reached, else log-probabilities or values.

        Those of a segmentation are (batch, *output_shape).

        Parameters
        ----------
        x : array of the network's input shape, or a batch of them

        Raises
        ------
        ValueError, TypeError
            If `x` does not fit the network.
        """
        batch, _ = self.prepare(x)
        return self.at(None).evaluate(batch, Objective(self.weights_of(np.zeros((1, self.output_count))))).scores

    def probabilities(self, x: ArrayLike) -> Array:
        """Return the probabilities of the classes, (batch, outputs); for ``outputs="values"`` the values themselves.

        Those of a segmentation are (batch, *output_shape).
        """
        return self.probabilities_of(self.scores(x))

    def probabilities_of(self, scores: Array) -> Array:
        """Return what `probabilities` makes of scores (batch, outputs)."""
        if self.outputs == "values":
            return scores
        probabilities: Array = special.softmax(scores, axis=self._batch_class_axis)
        return probabilities

    def segments(self, x: ArrayLike) -> Array:
        """Return the class that a segmentation answers at each place, integers of shape (batch, height, width).

        Parameters
        ----------
        x : array of the network's input shape, or a batch of them

        Raises
        ------
        ValueError, TypeError
            If the network is no segmentation, or `x` does not fit it.
        """
        scores = self.scores(x)
        if not self.segmentation or self.outputs == "values":
            raise InputError(
                f"The network puts out {self.outputs} of shape {self.output_shape}; expected a class for each place. "
                "If it is a segmentation, wrap it with outputs='logits' or outputs='probabilities'."
            )
        labels: Array = scores.argmax(axis=self._batch_class_axis)
        return labels

    def shares(self, x: ArrayLike) -> Array:
        """Return one number per class, (batch, outputs): its probability, its value, or its share of the places.

        The last is for a segmentation; the mean of its values where it has no answer.
        """
        if not self.segmentation:
            return self.probabilities(x)
        if self.outputs == "values":
            values: Array = np.moveaxis(self.scores(x), self._batch_class_axis, -1).mean(axis=(1, 2))
            return values
        answers = self.segments(x)[..., None] == np.arange(self.output_count)
        shares: Array = answers.mean(axis=(1, 2))
        return shares

    @property
    def embedding(self) -> str | None:
        """The layer that turns token ids into vectors: the first embedding on the way that reads them.

        None where inputs are no ids, or where that layer cannot be reached.
        """
        if not self.taken.integral or self.input_shape is None:
            return None
        if self._embedding is None:
            probe = self._probe()[:2]
            for layer in self._embeddings():
                cut = self.at(layer)
                fits = len(cut.shape) == 2 and cut.shape[:1] == self.input_shape
                # An embedding of the places, and not of the ids, is the same for all texts.
                if fits and np.ptp(cut.activations(probe), axis=0).any():
                    self._embedding = layer
                    break
        return self._embedding

    @property
    def embedded(self) -> Cut:
        """Several inputs as its layers read them: numbers as they are, and vectors in the place of token ids.

        Raises
        ------
        ValueError
            If not all ids are read by embeddings that can be reached.
        """
        with self.lock:
            if self._vectors is None:
                several = self.input
                if not isinstance(several, Several) or self.input_shape is None:
                    raise InputError(f"The network takes {several.words}; expected several inputs.")
                which = [part.integral for part in several.parts]
                rows = several.with_random_ids(which, several.fewest).astype(self.dtype)
                lookups = [Lookup(layer, sources(rows, ids)[0], width) for layer, ids, width in self._lookups(rows)]
                self._vectors = self._at_vectors(Vectors(several, tuple(one for one in lookups if one.reads)))
            return self._vectors

    def randomised(self, layers: Sequence[str] | None = None, seed: int = 0) -> Model:
        """Return a copy some of whose layers have forgotten what they learnt; this model is left as it is.

        Parameters
        ----------
        layers : list of str, optional
            Names of layers that hold weights, or of such that contain them; by default all. Their weights are drawn as
            before a training, from what their modules or initializers say, statistics of batch norms among them.
        seed : int, default 0
            What a layer is reset to depends on (seed, its name) alone.

        Returns
        -------
        Model

        Raises
        ------
        ValueError, TypeError
            If a layer has no weights, or none can be reached.

        Examples
        --------
        >>> other = model.randomised(["dense"])
        >>> bool((other.scores(x) != model.scores(x)).any())
        True
        """
        resets = self.resets()
        resets.reset(resets.chosen(layers), seed)
        other: Model = resets.model
        return other

    def shifted(self, amount: float) -> Model:
        """Return the same network for inputs that are larger by an amount, with bounds that are so, too.

        At `x` + `amount` it says what this one says at `x`: as if the first layer had been given other biases
        (Kindermans et al. 2017).

        Parameters
        ----------
        amount : float
            What is added to each element of an input.

        Returns
        -------
        Model

        Raises
        ------
        ValueError
            If inputs are token ids, or several tensors: then there is no amount that means the same everywhere.

        Examples
        --------
        >>> other = model.shifted(0.5)
        >>> bool(np.allclose(other.scores(x + 0.5), model.scores(x), atol=1e-4))
        True
        """
        if self.taken.integral or len(self.taken.pieces) > 1:
            raise InputError(f"The network takes {self.taken.words}; expected one input of numbers.")
        kind, network, arguments, edits = self._recipe
        given, bounds = arguments["preprocess"], arguments["bounds"]
        if callable(given):
            arguments["preprocess"] = partial(_of_less, given, amount)
        else:
            mean = np.asarray((given or {}).get("mean", 0.0), float) + amount
            arguments["preprocess"] = {"std": 1.0, **(given or {}), "mean": mean}
        if bounds is not None:
            arguments["bounds"] = tuple(np.asarray(one, float) + amount for one in bounds)
        return _made_again(kind, network, arguments, edits)

    def with_direction(self, layer: str, vector: ArrayLike, step: float = 1.0) -> Model:
        """Return the same network with a direction added to what a layer puts out, for every input.

        Whatever can be asked of a model can be asked of this one; the network itself is left as it is. What is read or
        differentiated at the layer is what it puts out then.

        Parameters
        ----------
        layer : str
        vector : array of shape (units,), or of the shape of what the layer puts out for one input
            The direction. A number for each unit is added at all places.
        step : float, default 1.0
            How many times it is added; against it where negative.

        Returns
        -------
        Model

        Raises
        ------
        ValueError, TypeError
            If there is no such layer, the vector does not fit it, or holds NaN.

        Examples
        --------
        >>> units = np.eye(8)[0]
        >>> steered = model.with_direction("conv2", units, 1.5)
        >>> bool((steered.scores(x) != model.scores(x)).any())
        True
        """
        return self._with(direction(self._changeable(layer), vector, step))

    def with_activation(self, layer: str, values: ArrayLike) -> Model:
        """Return the same network with numbers in the place of what a layer puts out, for every input.

        Parameters
        ----------
        layer : str
        values : array of shape (units,), or of the shape of what the layer puts out for one input
            A number for each unit stands at all places.

        Returns
        -------
        Model

        Raises
        ------
        ValueError, TypeError
            If there is no such layer, the values do not fit it, or hold NaN.

        Examples
        --------
        >>> other = model.with_activation("dense", [0.0, 3.0, 0.0])
        >>> other.class_name(int(other.scores(x).argmax()))
        'ring'
        """
        return self._with(activation(self._changeable(layer), values))

    def with_ablation(self, layer: str, units: int | Sequence[int], x: ArrayLike | None = None) -> Model:
        """Return the same network without some of the units, or channels, of a layer.

        Parameters
        ----------
        layer : str
        units : int or list of int
            Which ones, by number.
        x : array, optional
            Inputs whose mean of each unit stands in its place; by default it is zero, which the layers behind may never
            have seen.

        Returns
        -------
        Model

        Raises
        ------
        ValueError, TypeError
            If there is no such layer or unit, or it is not known which axis of the layer counts units.

        Examples
        --------
        >>> other = model.with_ablation("relu2", [0, 3], batch)
        >>> other.scores(x).shape
        (1, 3)
        """
        batch = None if x is None else self.prepare(x)[0]
        return self._with(ablation(self._changeable(layer), units, batch))

    def fingerprint(self) -> str:
        """Return a text that stays the same exactly as long as the weights do, however they are changed.

        It covers all parameters and buffers, and what a callable `network` or `preprocess` is seen to use. A change of
        a layer's settings, of its hooks, or of the layers themselves brings a new one too. It costs
        less than a pass, so it can be asked before every answer. Where no weights can be seen it is that of the answers
        to a few random inputs.
        """
        if self._output_count is not None:
            with self.lock:
                self._follow()
        found = fingerprint(*self._weights())
        if found is None and self._output_count is not None:
            found = fingerprint(["answers"], [self.scores(self._probe())])
        edited = None
        if self.edits:
            numbers = [number for one in self.edits for number in (one.factor, one.offset)]
            edited = fingerprint([one.layer for one in self.edits for _ in range(2)], numbers)
        return "-".join(map(str, filter(None, (found or "", self._changes, edited))))

    def weights_of(self, classes: Array) -> Array:
        """Return the weights of the classes, (rows, outputs), in a shape that spreads over the scores."""
        if not self.segmentation:
            return classes.astype(self.dtype)
        places = (1, 2) if self.class_axis == -1 else (2, 3)
        return np.expand_dims(classes, places).astype(self.dtype)

    def at(self, layer: str | None) -> Cut:
        """Return the cut at the output of `layer`, or at the input for None.

        Raises
        ------
        ValueError
            If there is no such layer, or it cannot be cut.
        """
        if layer is not None:
            checked_layer(layer)
        with self.lock:
            if layer not in self._cuts:
                if layer is not None and layer not in self.layers:
                    raise no_layer(layer, self.layers, self._refusals)
                self._cuts[layer] = self._cut(layer)
            return self._cuts[layer]

    @property
    def layouts(self) -> dict[str, Layout]:
        """What is known of the axes of each layer's output, by the layer's name.

        It is found by one pass that follows where in the input everything stands, when it is first asked for.
        """
        return self._axes()[0]

    def layout_of(self, layer: str | None) -> Layout:
        """Return what is known of the axes of a layer's output, or of the input for None.

        Raises
        ------
        ValueError
            If there is no such layer.
        """
        if checked_layer(layer) is None:
            return self.input.layout
        known = self.layouts
        return known[str(layer)] if layer in known else known[str(self.at(layer).layer)]

    @property
    def evidence(self) -> Evidence:
        """What the network shows of its input when it is followed; see `layouts`."""
        return self._axes()[1]

    def _axes(self) -> tuple[dict[str, Layout], Evidence]:
        with self.lock:
            if self._found is not None:
                return self._found
            found = self._find_axes()
            if self._followed is not None:  # A pass that failed tells nothing about the network: the next may do.
                self._found = found
            return found

    def _first_pass(self) -> tuple[dict[str, Places], Evidence, str]:
        """Return what one pass shows, and why a layer may be missing in it; it is run once."""
        if self._followed is None:
            try:
                self._followed = *self._follow_places(), CONSTANT
            except InputError as error:  # That it cannot be followed is no reason not to explain it.
                nothing: tuple[dict[str, Places], Evidence, str] = (
                    {},
                    Evidence(self._input_shapes, {}),
                    f"its pass cannot be followed ({error})",
                )
                if isinstance(error, FailedPassError):
                    return nothing
                self._followed = nothing
        return self._followed

    def _find_axes(self) -> tuple[dict[str, Layout], Evidence]:
        shapes = {layer: self.at(layer).shape for layer in self.layers}
        places, evidence, why = self._first_pass()
        evidence = replace(evidence, by_kind=[piece.layout.space for piece in self.input.pieces])
        layouts = {
            layer: evidence.layout(places[layer]) if layer in places else unknown(shape, why)
            for layer, shape in shapes.items()
        }
        whole = evidence.input_layout()
        extents = dict(zip(whole.coordinates, whole.grid, strict=False))
        told = told_layouts(self._told_layouts, shapes, extents)
        for layer, layout in told.items():
            warn_of_another(layer, layout, layouts[layer])
        return {**layouts, **told}, evidence

    def gradients_by(self, layers: Sequence[str], objective: Objective) -> list[Array | None]:
        """Return the gradient by each layer's output, (1, *shape), at one random input; None where none arrives."""
        with self.lock:
            return self.at(None).gradients_by(self._probe()[:1], objective, layers)

    def attentions(self, x: ArrayLike, objective: Objective | None = None) -> list[Attention]:
        """Return the weights of attention that inputs bring, in the order of execution.

        They are seen where a softmax weighs values, whichever layer or function computes it; a network that attends
        without one, or not at all, has none.

        Parameters
        ----------
        x : array of the network's input shape, or a batch of them
        objective : Objective, optional
            Whose derivative by the weights to find.

        Raises
        ------
        ValueError, TypeError
            If `x` does not fit the network, or it attends in another way for another input.
        """
        batch, _ = self.prepare(x)
        return self.at(None).attentions(batch, objective)

    @property
    def attends(self) -> list[Attention]:
        """What the network attends to at one random input, block after block; found when it is first asked for."""
        with self.lock:
            if self._attends is None:
                self._attends = self.at(None).attentions(self._probe()[:1]) if self.evidence.weighs else []
            return self._attends

    @property
    def attended(self) -> Iterator[Layout]:
        """The layouts of what the network attends to, tokens that came from the input, one at a time."""
        return (self.layouts[layer] for layer in self.evidence.attended)

    def count(self, what: Counted) -> int:
        """Return how many blocks of attention there are, or heads in each of them: the fewest, where that differs.

        Parameters
        ----------
        what : {"blocks", "heads", "patches"}
            The last are those of an input that stand on a grid in it, 0 where there are none.
        """
        if what == "patches":
            return count_of_patches(self.input.layout, self.attended) if self.input.neighbours else 0
        if what == "heads":
            return min((one.heads for one in self.attends), default=0)
        return sum(one.among_itself for one in self.attends)

    def recomputation(self) -> Recomputation | None:
        """Return what runs the network again in parts, where a window reaches; None where all of it has to run."""
        with self.lock:
            return None if self.edits else self._recomputation()

    def target(self, target: int | str) -> int:
        """Return the index of a class given by index or name."""
        if isinstance(target, str):
            if self.classes is None:
                raise InputError(
                    f"The class is given by name, {target!r}, but the model knows no names; expected an index, "
                    "or wrap the network with classes=[...]."
                )
            names = self._class_names
            if target in names:
                return names.index(target)
            if target in self.classes:
                places = doubles(self.classes)[target]
                raise InputError(
                    f"The name {target!r} stands for the classes {places}; give the index of one of them, or "
                    f"{names[places[0]]!r}."
                )
            raise unknown_name("class", target, names)
        if isinstance(target, bool) or not isinstance(target, int | np.integer):
            raise InputTypeError(f"A class is an index or a name; found {shown(target)}.")
        if not 0 <= target < self.output_count:
            raise InputError(f"There is no class {target}; expected an index from 0 to {self.output_count - 1}.")
        return int(target)

    def class_name(self, index: int) -> str:
        """Return the name of an output, with its number where another has the same; "class 3" where there are none."""
        return self._class_names[index] if self.classes is not None else f"class {index}"

    def unit(self, layer: str, unit: int | str) -> int:
        """Return the number of a unit, or channel, of a layer, given by number or name."""
        count = self.at(layer).known_layout.channels
        return unit_number(layer, self._told_units.get(layer), count, unit)

    def unit_names(self, layer: str) -> tuple[str, ...]:
        """Return the names of the units, or channels, of a layer; "unit 3" where it was not told what they are."""
        told = self._told_units.get(layer)
        return told or generated_names(self.at(layer).known_layout.channels)

    def build(self, input_shape: Sequence[int]) -> None:
        """Fix the shape of one input and find out what the network puts out; `explore` does so by the first picture."""
        with self.lock:
            known = self.taken, self._input, self._statistics
            try:
                self._take(checked_shape(input_shape))
                self._scale()
                self._find_out()
                self._check_scale()
            except BaseException as error:
                # A first picture that does not fit must not stand in the way of the next.
                self.taken, self._input, self._statistics = known
                if isinstance(error, MemoryError):
                    raise InputError(f"Inputs of shape {tuple(input_shape)} do not fit into memory: {error}") from error
                raise
            if self.classes is not None and self.outputs is not None and len(self.classes) != self.output_count:
                raise InputError(
                    f"The network has {self.output_count} outputs, but classes has {len(self.classes)} names; "
                    "expected one name per output."
                )
            self._check_features()
            if self._told_layouts:
                told_layouts(self._told_layouts, {layer: self.at(layer).shape for layer in self.layers}, {})
            for layer, names in self._told_units.items():
                check_count(layer, names, self.at(layer).known_layout.channels)

    def _find_out(self) -> None:
        self._found = self._followed = self._attends = self._input = self._vectors = None
        self._remarks.clear()
        self._build()

    def _check_scale(self) -> None:
        """Scale the channels, where the numbers per channel fit more axes than one and they are another of these."""
        axes = self._scaled_axes
        if len(axes) < 2:
            return
        channels = self.input.layout.channel_axes
        if len(channels) != 1:
            raise InputError(
                f"preprocess has {self.input.shape[axes[0]]} numbers, and axes {axes} of an input of shape "
                f"{self.input.shape} have as many entries; expected to know which of them counts channels. "
                f"{self.input.no_plane}"
            )
        if channels[0] != axes[0]:
            self._scale(channels[0])
            self._find_out()

    def _take_head(self, head: Head) -> None:
        self._head, self._output_count, self.outputs, self._evidence = head

    def __reduce__(self) -> tuple[Any, ...]:
        kind, network, arguments, edits = self._recipe
        check_pickled({"network": network, **arguments})
        return _made_again, (kind, network, arguments, edits)

    def __copy__(self) -> Model:
        return _made_again(*self._recipe)

    def __deepcopy__(self, memo: dict[int, Any]) -> Model:
        kind, network, arguments, edits = self._recipe
        again = {name: copied(name, value, memo) for name, value in arguments.items()}
        return _made_again(kind, copied("network", network, memo), again, edits)

    @property
    def _recipe(self) -> tuple[type[Model], Any, dict[str, Any], tuple[Edit, ...]]:
        """What it is made of again: the network, what it was wrapped with, and what is changed of it."""
        several = len(self.taken.pieces) > 1 and self._arguments["input_shape"] is None
        shape = None if several else self._arguments["input_shape"] or self.input_shape
        return type(self), self.network, {**self._arguments, "input_shape": shape}, self.edits

    def _changeable(self, layer: str) -> Cut:
        """Return the place where a layer's output is changed."""
        if checked_layer(layer) is None:
            raise InputTypeError(f"layer is None; expected the name of a layer, one of {self.layers}.")
        return self.at(layer)

    def _with(self, edit: Edit) -> Model:
        """Return the same network with one more layer changed."""
        kind, network, arguments, edits = self._recipe
        return _made_again(kind, network, arguments, (*edits, edit))

    @property
    def has_constant_score(self) -> bool:
        """Whether the network has a single logit z: its scores are (0, z), and the first says nothing by itself."""
        return self._head == "binary logit"

    @property
    def _ends_in_probabilities(self) -> bool:
        """Whether logits cannot be reached, so that scores are logarithms of what the network puts out."""
        return self._head in ("probabilities", "binary probability")

    @property
    def output_count(self) -> int:
        """The number of scores."""
        if self._output_count is None:
            raise InputError("The shape of an input is not known yet; give wrap(..., input_shape=...).")
        return self._output_count

    @property
    def segmentation(self) -> bool:
        """Whether the network has scores for each place of a picture, and not one per class."""
        return self.output_shape is not None and len(self.output_shape) == 3

    @property
    def class_axis(self) -> int:
        """The axis of one input's scores that counts classes: 0, or -1 for a segmentation in Keras."""
        return self.layer_channel_axis if self.segmentation else 0

    @property
    def _batch_class_axis(self) -> int:
        return 1 if self.class_axis == 0 else -1

    @property
    @abstractmethod
    def layers(self) -> list[str]:
        """The names that ``layer=`` takes."""

    @abstractmethod
    def _inspect(self) -> None:
        """Look at the network itself, before anything is known of its input; refuse what can be refused by then."""

    def _follow(self) -> Any:
        """Look whether the network is set to something else, and find out anew what it is."""

    def _weights(self) -> tuple[list[str], list[Array]]:
        """Return the names of all weights that can be seen, and their numbers."""
        return [], []

    @abstractmethod
    def _readable_input_shape(self) -> tuple[int, ...] | None:
        """The shape of one input where the network tells it, else None."""

    def _embeddings(self) -> list[str]:
        """The layers that are embeddings, in the order in which they run."""
        return []

    @abstractmethod
    def _build(self) -> None:
        """With `input_shape` known: set `_output_count`, and `outputs` where it was not given."""

    @abstractmethod
    def _cut(self, layer: str | None) -> Cut: ...

    def _lookups(self, rows: Array) -> list[tuple[str, Array, int]]:
        """Return of each call of an embedding, for the inputs `rows`, its layer, its ids and the length of a vector."""
        return []

    def _at_vectors(self, vectors: Vectors) -> Cut:
        """Return the place where ids are vectors; called where `_lookups` found some."""
        raise InputError(f"The network takes {self.taken.words}, and its embeddings cannot be reached.")

    @abstractmethod
    def resets(self) -> Resets:
        """Return a copy of the model whose layers can be reset one after the other."""

    def _follow_places(self) -> tuple[dict[str, Places], Evidence]:
        """Return the places of what the layers put out, as one pass moves them, and what it showed of the input."""
        return {}, Evidence(self._input_shapes, {})

    @property
    def _input_shapes(self) -> list[tuple[int, ...]]:
        """The shapes of all input tensors."""
        return [piece.shape for piece in self.taken.pieces]

    def _seen_layout(self, place: int) -> Layout:
        _, evidence, why = self._first_pass()
        return evidence.input_layout(place) if evidence.seen_of(place) else unknown(self._input_shapes[place], why)

    def _recomputation(self) -> Recomputation | None:
        return None

    @property
    def _two_classes(self) -> bool:
        return self.classes is not None and len(self.classes) == 2

    def __repr__(self) -> str:
        network = type(self.network).__name__
        taken = "input shape not known yet" if self.input_shape is None else self.input.words
        found = "" if self._output_count is None else f", {self._output_count} outputs ({self._outputs_in_words()})"
        if self.segmentation:
            found += f" at each place, {self.output_shape}"
        if self._pick is not None and self._pick.path:
            found += f", {self._pick.words}"
        for name, places in doubles(self.classes or ()).items():
            found += f", {name!r} are {len(places)} classes, {' and '.join(map(str, places))}"
        layers = f", {len(self.layers)} layers{self._layouts_in_words()}{self._attention_in_words()}"
        if self.taken.integral:
            taken += f", embedding {self.embedding!r}"
        changed = [f"at layer {one.layer!r} {one.words}" for one in self.edits]
        remarks = "".join(f"; {remark}" for remark in [*self._remarks, *changed])
        return f"Model({network} on {self.backend}, {taken}{found}{layers}{remarks})"

    def _layouts_in_words(self) -> str:
        """Say of how many layers it is known what their axes count, and how."""
        if self._output_count is None or not self.layers:
            return ""
        sources = [layout.source for layout in self.layouts.values()]
        seen, told = sources.count("network"), sources.count("told")
        words = f"what their axes stand for was seen in a pass at {'all' if seen == len(sources) else seen} of them"
        return f" ({words}{f', and told at {told}' if told else ''})"

    def _attention_in_words(self) -> str:
        """Say how many blocks attend, and with how many heads."""
        if self._output_count is None or not self.layers:
            return ""
        try:
            blocks = self.attends
        except InputError:  # What goes wrong is said by whoever needs it.
            return ""
        heads = sorted({one.heads for one in blocks})
        said = f", {' or '.join(map(str, heads))} head{'s' * (heads != [1])}" if all(heads) else ""
        return f", attention in {len(blocks)} block{'s' * (len(blocks) > 1)}{said}" if blocks else ""

    def _outputs_in_words(self) -> str:
        logarithms = "; scores are their logarithms" if self._ends_in_probabilities else ""
        return f"{self.outputs}: {self._evidence}{logarithms}"


def _of_less(preprocess: Any, amount: float, x: Any) -> Any:
    return preprocess(x - amount)


def _made_again(kind: type[Model], network: Any, arguments: dict[str, Any], edits: tuple[Edit, ...]) -> Model:
    made = kind(network, **arguments)
    if edits:
        made.embedding  # noqa: B018 - found before a change can hide that it tells words apart
        made.edits = edits
    return made
