"""The way in: from a network of either framework to a `Model`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from xai_widgets.errors import InputError, InputTypeError, UnsupportedModelError
from xai_widgets.models.arguments import Preprocess
from xai_widgets.models.arrays import kind_of
from xai_widgets.models.base import Model
from xai_widgets.models.freed import keep_freed
from xai_widgets.models.inputs.beside import Beside
from xai_widgets.models.inputs.category_columns import CategoryNames
from xai_widgets.models.inputs.given import InputLayout
from xai_widgets.models.inputs.input import Bounds
from xai_widgets.models.names import Names
from xai_widgets.models.outputs import Outputs
from xai_widgets.models.results import Output
from xai_widgets.models.told import Told
from xai_widgets.models.unit_names import UnitNames


def wrap(
    network: Any,
    *,
    classes: Names | None = None,
    bounds: Bounds | list[Bounds] = (0, 1),
    preprocess: Preprocess | None = None,
    input_shape: Sequence[int] | Sequence[Sequence[int]] | None = None,
    input_layout: InputLayout | Sequence[InputLayout | None] | Mapping[str, InputLayout] | None = None,
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
    backend: Literal["torch", "tensorflow"] | None = None,
) -> Model:
    """Wrap a trained network so that every method and widget can explain it; the network is never changed.

    Parameters
    ----------
    network : torch.nn.Module, keras.Model or callable
        A callable maps a framework tensor (batch, *input shape) to (batch, outputs) and needs `backend` and
        `input_shape`.
    classes : sequence of str or dict, optional
        One name per output, in their order; or a dict that says which index each name has, ``{"cat": 0, "dog": 1}`` or
        ``{0: "cat", 1: "dog"}``.
    bounds : (low, high) or None, default (0, 1)
        The range of input values, before `preprocess`. None is for tables: "black", "white" and sigma have no meaning
        then. Of several inputs a list with the bounds of each, or the same for all.
    preprocess : dict or callable, optional
        ``{"mean": [...], "std": [...]}`` per channel, or a differentiable function of the framework's tensors. It runs
        inside the model: pictures, baselines and gradients all lie before it.
    input_shape : sequence of int, optional
        The shape of one input in the network's own layout, without the batch axis. Needed where it can be read neither
        from the network nor from the first picture. A list of shapes, ``[(3, 32, 32), (12,)]``, is for networks that
        are called with several tensors, ``network(a, b)`` in PyTorch; of Keras models it is read from the graph. Inputs
        are then a tuple, list or dict of arrays, and so are the values that methods return. Some of them may be token
        ids beside pictures and tables: those that an embedding reads, or that are told to be. What is said of ids and
        columns, `vocabulary`, `tokenizer`, `padding`, `tokens` and `features`, is then a dict by the names of inputs;
        without a name it is about the only one that it fits.
    input_layout : str or sequence of str, optional
        What each axis of one input counts, ``"channels, time"`` or ``"height, width, channels"``, where neither the
        network nor its first layer tells; its words are channels, time, depth, height, width and tokens. It makes an
        input a signal, a picture or a volume. Of several inputs a list or dict with one of these, or None, for each.
    input_names : sequence of str or dict, optional
        What several inputs are called; by default as the arguments of the network in PyTorch, or its inputs in Keras.
    outputs : {"logits", "probabilities", "values"}, optional
        What the network puts out; found out where possible. "values" is regression. The output of a segmentation,
        (batch, classes, height, width) in PyTorch and (batch, height, width, classes) in Keras, stands for a
        classification at each place, one channel for a mask; it is explained by `Segment`.
    output : str, int or sequence of these, optional
        Which tensor is explained, where the network puts out a dict, a tuple or an object with several: a key, the name
        of an attribute or a number, ``"logits"`` or ``0``, or the steps that lead there, ``("heads", 0)``. By default
        the only one of floating-point numbers and shape (batch, outputs).
    features : sequence of str or dict, optional
        The names of the columns, for networks that take the rows of a table. A DataFrame, a Series or a dict is then
        read by these names, whatever the order of its columns.
    vocabulary : sequence of str or dict, optional
        For networks that take token ids, whole numbers (batch, n), the word of each id. Such a network is recognised by
        an embedding that reads the input itself; its inputs have no bounds. Gradient methods explain it at that
        embedding, all others replace a token by the padding.
    tokenizer : object, optional
        For networks that take token ids, what cuts texts into tokens: a tokenizer of `tokenizers`, a fast one of
        `transformers`, or anything whose ``encode(text)`` gives `ids` and `offsets`, where each token begins and ends
        in the text, in characters (see `xai_widgets.models.inputs.tokenizer`). A text, or a list of texts, is then an
        input everywhere, and is coloured as it was written. `input_shape` says how many tokens there is room for, where
        the tokenizer does not: texts are filled up to that, and cut off there with a warning. What stands around a
        text, such as [CLS] and [SEP], is in every baseline too, and no method takes it away.
    padding : int, optional
        The token id that fills a text up and stands for nothing to read; by default that of the tokenizer, or of the
        embedding, or 0.
    beside : dict, optional
        What a network of token ids is given beside them, by the names of its arguments, or of its inputs in Keras:
        "mask", 1 where there is something to read; "padding", true where there is none; "types", all 0; or a function
        of the ids (batch, n). It is held fixed and not explained. By default an `attention_mask` is given, and what the
        network does not run without if its name tells what it is.
    tokens : bool, optional
        Whether inputs are token ids, where that is not found out.
    categories : dict, optional
        Of several inputs, for the one that holds categories, the name of each column with the names of its categories,
        or None where these have none: ``{"colour": ["red", "blue"], "size": None}``. Where several do, a dict of these
        by the names of inputs. An input of which each column is read by an embedding of its own is recognised by that.
    layouts : dict, optional
        What the axes of layers count, where the network does not show it by itself: for the name of a layer, or a
        pattern such as ``"blocks.*"``, a word for each axis of its output, without that of the batch, in their order.
        ``"channels, height, width"``, ``"time, channels"``, ``"heads, tokens, channels"``; ``"tokens"`` stands for
        ``"tokens, channels"``. How tokens lie is said before the word, with those that stand nowhere, such as class
        tokens: ``"1 + 14 x 14 tokens, channels"``. A pattern goes for the layers that have as many axes.
    units : dict, optional
        What the units, or channels, of layers are called: for the name of a layer a name for each, as for `classes`.
        Those of a concept bottleneck are its concepts, ``{"concepts": ["red", "round"]}``; see `Intervention`.
    backend : {"torch", "tensorflow"}, optional
        Needed for a plain callable only.

    Returns
    -------
    Model
        Its ``repr`` says what was found.

    Raises
    ------
    TypeError
        If the network cannot be explained faithfully; the message says what is possible instead.
    ValueError
        If an argument does not fit the network.

    Examples
    --------
    >>> model = xai.wrap(network, classes=["cross", "ring", "bar"], input_shape=(1, 8, 8))
    >>> model.scores(x).shape, model.layers[-1]
    ((1, 3), 'dense')
    """
    if isinstance(network, Model):
        raise InputTypeError("This network is wrapped already; give wrap() the network itself.")
    chosen = _find_backend(network, backend)
    if backend not in (None, chosen):
        raise InputError(f"backend is {backend!r}, but this is a network of {chosen}; expected {chosen!r}, or none.")
    options: dict[str, Any] = {
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
        "layouts": layouts,
        "units": units,
        "tokens": tokens,
        "categories": categories,
    }
    adapter: type[Model]
    try:
        if chosen == "torch":
            from xai_widgets.models.torch.model import TorchModel

            adapter = TorchModel
        else:
            from xai_widgets.models.tensorflow.model import TensorFlowModel

            adapter = TensorFlowModel
    except ModuleNotFoundError as error:
        raise UnsupportedModelError(
            f"This is a {kind_of(network)}, and {error.name} is not installed; to explain it, run "
            f"pip install 'xai-widgets[{chosen}]'."
        ) from error
    keep_freed()
    return adapter(network, **options)


def _find_backend(network: Any, backend: str | None) -> str:
    """Tell the framework by the classes that are loaded, so that no framework is imported to find out."""
    if backend is not None and not (isinstance(backend, str) and backend in ("torch", "tensorflow")):
        raise InputError(f"backend is {backend!r}; expected 'torch' or 'tensorflow'.")
    keras = sys.modules.get("keras")
    if keras is not None and isinstance(network, getattr(keras, "Model", ())):
        if keras.backend.backend() != "tensorflow":
            raise UnsupportedModelError(
                f"This Keras model runs on the {keras.backend.backend()} backend; expected tensorflow. Set "
                "os.environ['KERAS_BACKEND'] = 'tensorflow' before Keras is imported."
            )
        return "tensorflow"
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(network, torch.nn.Module):
        return "torch"
    if type(network).__name__ == "ExportedProgram":
        raise InputTypeError(
            "Found an ExportedProgram of torch.export; expected the module that it makes, wrap(program.module()). Its "
            "layers are gone in the export: where they matter, wrap the network that it was made from."
        )
    if callable(network) and not isinstance(network, type):
        if backend is None:
            raise InputTypeError(
                f"Found a plain callable ({kind_of(network)}); expected backend='torch' or backend='tensorflow' with "
                "it."
            )
        return backend
    for name in ("predict_proba", "predict"):
        if hasattr(network, name) and not isinstance(network, type):
            raise InputTypeError(
                f"Found a {kind_of(network)}, which has no gradients; expected a torch.nn.Module or a keras.Model. "
                "Methods that only ask for scores, such as Occlusion, Lime and KernelShap, can explain it by way of "
                f"wrap(lambda x: torch.as_tensor(model.{name}(x.detach().numpy())), backend='torch', "
                f"input_shape=(columns,), bounds=None, outputs={'probabilities' if name[7:] else 'values'!r})."
            )
    raise InputTypeError(
        f"Found a {kind_of(network)}; expected a torch.nn.Module, a keras.Model, or a callable from a batch to scores."
    )
