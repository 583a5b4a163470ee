"""The networks by name that are examined: how each is made with random weights, and what is known of it by hand.

What is known by hand is the grid on which the layer that activation maps choose stands, and how its axes lie. It is
what their authors say, not what is found: the check is that the two agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Axes = Literal["channels first", "channels last", "tokens"]


@dataclass(frozen=True)
class Entry:
    """A network by name.

    Attributes
    ----------
    source : str
        The package that it is from.
    name : str
        What it is called there.
    make : callable
        Makes it, with random weights.
    shape : tuple of int
        Of one input.
    axes : Axes, optional
        How the layer of activation maps lies in memory; None where there is none, and the reason is expected.
    grid : tuple of int
        How its places lie.
    prefix : int
        How many tokens before them have no place.
    arguments : dict
        What `wrap` has to be told.
    vocabulary : int
        How many token ids there are; 0 where inputs are none.
    """

    source: str
    name: str
    make: Callable[[], Any]
    shape: tuple[int, ...]
    axes: Axes | None = None
    grid: tuple[int, ...] = ()
    prefix: int = 0
    arguments: dict[str, Any] = field(default_factory=dict)
    vocabulary: int = 0

    @property
    def key(self) -> str:
        """What it is asked for by."""
        return f"{self.source}:{self.name}"


def _timm(name: str, axes: Axes | None, grid: tuple[int, ...], prefix: int = 0, side: int = 224, **more: Any) -> Entry:
    def make() -> Any:
        import timm

        return timm.create_model(name, num_classes=10, **more)

    return Entry("timm", name, make, (3, side, side), axes, grid, prefix)


def _torchvision(name: str, axes: Axes | None, grid: tuple[int, ...], prefix: int = 0, **more: Any) -> Entry:
    side = more.pop("side", 224)
    path, arguments = more.pop("path", "torchvision.models"), more.pop("arguments", {})

    def make() -> Any:
        import importlib

        return getattr(importlib.import_module(path), name)(num_classes=10, weights=None, **more)

    return Entry("torchvision", name, make, (3, side, side), axes, grid, prefix, arguments)


def _transformers(
    name: str,
    settings: dict[str, Any],
    shape: tuple[int, ...],
    axes: Axes | None,
    grid: tuple[int, ...],
    prefix: int = 0,
) -> Entry:
    def make() -> Any:
        import transformers

        kind = getattr(transformers, name)
        return kind(kind.config_class(**settings, num_labels=5))

    return Entry("transformers", name, make, shape, axes, grid, prefix, {}, settings.get("vocab_size", 0))


def _keras(name: str, grid: tuple[int, ...], side: int = 224, **more: Any) -> Entry:
    def make() -> Any:
        import keras

        plain = {"weights": None, "classes": 10, "classifier_activation": None, "input_shape": (side, side, 3)}
        return getattr(keras.applications, name)(**plain, **more)

    return Entry("keras", name, make, (side, side, 3), "channels last", grid)


_WORDS = {
    "vocab_size": 200,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}
_PATCHES = {"image_size": 64, "patch_size": 8, **{name: size for name, size in _WORDS.items() if name != "vocab_size"}}

ZOO = [
    _timm("vit_tiny_patch16_224", "tokens", (14, 14), 1),
    _timm("deit_tiny_distilled_patch16_224", "tokens", (14, 14), 2),
    _timm("vit_medium_patch16_reg4_gap_256", "tokens", (16, 16), 4, 256),
    _timm("eva02_tiny_patch14_224", "tokens", (16, 16), 1),
    _timm("beit_base_patch16_224", "tokens", (14, 14), 1),
    _timm("cait_xxs24_224", "tokens", (14, 14), 1),
    _timm("xcit_nano_12_p16_224", "tokens", (14, 14), 1),
    _timm("swin_tiny_patch4_window7_224", "channels last", (7, 7)),
    _timm("swinv2_cr_tiny_ns_224", "channels last", (7, 7)),
    _timm("pvt_v2_b0", "tokens", (7, 7)),
    _timm("levit_128s", "tokens", (4, 4)),
    _timm("mobilevit_xxs", "channels first", (8, 8), side=256),
    _timm("maxvit_tiny_rw_224", "channels last", (7, 7)),
    _timm("coatnet_nano_rw_224", "channels first", (7, 7)),
    _timm("mixer_s32_224", "tokens", (7, 7)),
    _timm("poolformer_s12", "channels first", (7, 7)),
    _timm("convnext_atto", "channels first", (7, 7)),
    _timm("convnextv2_atto", "channels first", (7, 7)),
    _timm("edgenext_xx_small", "channels first", (8, 8), side=256),
    _timm("resnet18", "channels first", (7, 7)),
    _timm("resnetv2_50", "channels first", (7, 7)),
    _timm("seresnext26t_32x4d", "channels first", (7, 7)),
    _timm("efficientnet_lite0", "channels first", (7, 7)),
    _timm("mobilenetv3_small_100", "channels first", (7, 7)),
    _timm("regnety_002", "channels first", (7, 7)),
    _timm("densenet121", "channels first", (7, 7)),
    _torchvision("resnet18", "channels first", (7, 7)),
    _torchvision("vit_b_32", "tokens", (7, 7), 1),
    _torchvision("swin_t", "channels last", (7, 7)),
    _torchvision("convnext_tiny", "channels first", (7, 7)),
    _torchvision("mobilenet_v3_small", "channels first", (7, 7)),
    _torchvision("googlenet", "channels first", (7, 7), init_weights=False, aux_logits=True),
    _torchvision("squeezenet1_1", "channels first", (13, 13)),
    _torchvision("shufflenet_v2_x0_5", "channels first", (7, 7)),
    _torchvision("vgg11", "channels first", (7, 7)),
    _torchvision(
        "lraspp_mobilenet_v3_large",
        "channels first",
        (28, 28),
        path="torchvision.models.segmentation",
        weights_backbone=None,
        arguments={"output": "out"},
    ),
    _transformers("ViTForImageClassification", _PATCHES, (3, 64, 64), "tokens", (8, 8), 1),
    _transformers("DeiTForImageClassification", _PATCHES, (3, 64, 64), "tokens", (8, 8), 2),
    _transformers(
        "SwinForImageClassification",
        {"image_size": 64, "patch_size": 4, "embed_dim": 24, "depths": [2, 2], "num_heads": [2, 4], "window_size": 4},
        (3, 64, 64),
        "tokens",
        (8, 8),
    ),
    _transformers("BertForSequenceClassification", _WORDS, (12,), "tokens", (12,)),
    _transformers("RobertaForSequenceClassification", _WORDS, (12,), "tokens", (12,)),
    _transformers("ElectraForSequenceClassification", {**_WORDS, "embedding_size": 32}, (12,), "tokens", (12,)),
    _transformers(
        "DistilBertForSequenceClassification",
        {"vocab_size": 200, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64},
        (12,),
        "tokens",
        (12,),
    ),
    _transformers(
        "GPT2ForSequenceClassification",
        {"vocab_size": 200, "n_embd": 32, "n_layer": 2, "n_head": 4, "pad_token_id": 0},
        (12,),
        "tokens",
        (12,),
    ),
    _transformers(
        "LlamaForSequenceClassification",
        {**_WORDS, "num_key_value_heads": 2, "pad_token_id": 0},
        (12,),
        "tokens",
        (12,),
    ),
    _keras("MobileNetV2", (7, 7)),
    _keras("MobileNetV3Small", (7, 7)),
    _keras("EfficientNetV2B0", (7, 7)),
    _keras("ConvNeXtTiny", (7, 7)),
    _keras("ResNet50V2", (7, 7)),
    _keras("DenseNet121", (7, 7)),
    _keras("Xception", (7, 7)),
    _keras("InceptionV3", (5, 5)),
]
"""In the order of the page."""
