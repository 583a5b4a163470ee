"""What the public names say of themselves: all that one gives them, gets, and can do wrong, and an example."""

import dataclasses
import inspect
import json
import re

import pytest

import xai_widgets as xai
from tests.codebase.numpydoc import entries, sections
from xai_widgets.option import Optioned

NAMES = xai.__all__
CLASSES = [name for name in NAMES if inspect.isclass(getattr(xai, name))]
FUNCTIONS = [name for name in NAMES if name not in CLASSES]


def members(thing):
    """Return the public methods that a class has from us, `__call__` among them, and where each is written."""
    found = {}
    for ours in reversed(thing.__mro__):
        if ours.__module__.startswith("xai_widgets"):
            for name, member in vars(ours).items():
                function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
                if inspect.isfunction(function) and (name[0] != "_" or name == "__call__"):
                    found[name] = function
    return found


CALLED = {
    f"{function.__module__}.{function.__qualname__}".removeprefix("xai_widgets."): function
    for name in NAMES
    for function in (members(getattr(xai, name)).values() if name in CLASSES else [getattr(xai, name)])
}
"""The public functions, and the methods of public classes, each once."""

RUN = [
    name
    for name, function in CALLED.items()
    if function.__name__ in ("__call__", "stream") or function is getattr(xai, function.__name__, None)
]
"""What a reader runs: it has parameters, it can go wrong, and what comes out is what one wants."""

TOLD = [name for name in CALLED if name in RUN or "Parameters" in sections(CALLED[name])]
"""Those that tell their parameters; of a method that a sentence is enough for, such as `extends`, it may be all."""


def parameters(function):
    """Return the parameters that a reader gives, with their stars."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    signature = inspect.signature(function).parameters.values()
    return {stars.get(one.kind, "") + one.name: one for one in signature if one.name not in ("self", "cls")}


def is_told(default, entry):
    """Whether an entry tells the default that the code has."""
    if default in (inspect.Parameter.empty, dataclasses.MISSING):
        return "default" not in entry.kind and "optional" not in entry.kind
    if default is None:
        return "optional" in entry.kind or "default" in entry.kind
    written = json.dumps(default) if isinstance(default, str) else repr(default)
    numbers = f"{default:g}" if isinstance(default, float) else written
    return entry.kind.endswith((f"default {written}", f"default {numbers}"))


def check_parameters(section, expected):
    """Hold a section against the parameters of the code: names, order and defaults."""
    said = entries(section)
    assert [name for entry in said for name in entry.names] == list(expected)
    for entry in said:
        assert entry.kind or entry.words, f"{entry.names}: nothing is said of it"
        for name in entry.names:
            if entry.kind:  # "As in `SmoothGrad`" stands for kind and default.
                assert is_told(expected[name].default, entry), f"{name} : {entry.kind}"


@pytest.mark.parametrize("name", NAMES)
def test_public_names_are_documented(name):
    thing = getattr(xai, name)
    own = vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__
    assert own, f"{name} has no docstring"
    assert not thing.__doc__.startswith(f"{name}("), f"{name} has only the docstring that dataclass makes"
    summary = sections(thing)[""].split("\n")
    assert summary[0].endswith("."), "one sentence first, on a line of its own"
    assert len(summary) == 1 or not summary[1]
    if inspect.isclass(thing):
        undocumented = [
            member
            for ours in thing.__mro__
            if ours.__module__.startswith("xai_widgets")
            for member, value in vars(ours).items()
            if member[0] != "_" and (isinstance(value, property | classmethod) or inspect.isfunction(value))
            if not inspect.getdoc(getattr(thing, member))
        ]
        assert not undocumented


@pytest.mark.parametrize("name", NAMES)
def test_public_names_have_an_example(name):
    assert ">>> " in sections(getattr(xai, name)).get("Examples", "")


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_tells_its_parameters_or_who_makes_it(name):
    thing = getattr(xai, name)
    said = sections(thing)
    expected = parameters(thing)
    if expected and "Parameters" not in said:
        assert re.search(r"made by [^.]*`", said[""], re.IGNORECASE), "who does not make it wants to know who does"
        told = {name for entry in entries(said.get("Attributes", "")) for name in entry.names}
        fields = dataclasses.fields(thing) if dataclasses.is_dataclass(thing) else ()
        assert {field.name for field in fields} & {*vars(thing).get("__annotations__", ())} <= told
        return
    check_parameters(said.get("Parameters", ""), expected)
    if expected:
        assert "Raises" in said


@pytest.mark.parametrize("name", [name for name in CLASSES if issubclass(getattr(xai, name), Optioned)])
def test_a_docstring_tells_the_choices_of_an_option(name):
    """The docstring is written by hand, what it has in common with controls as well: it may not tell something else."""
    said = {
        name: entry for entry in entries(sections(getattr(xai, name)).get("Parameters", "")) for name in entry.names
    }
    for option in getattr(xai, name).options():
        entry = said[option.name]
        listed = re.search(r"\{(.*)\}", entry.kind)
        if option.choices and listed:
            assert sorted(re.findall(r'"(\w+)"', listed[1])) == sorted(option.choices)
        if option.choices and not listed:
            assert all(f'"{choice}"' in entry.words for choice in option.choices)
        if option.kind != "choice":
            assert entry.kind.startswith("int" if option.kind == "integer" else "float")


@pytest.mark.parametrize("name", TOLD)
def test_what_can_be_called_tells_its_parameters(name):
    check_parameters(sections(CALLED[name]).get("Parameters", ""), parameters(CALLED[name]))


@pytest.mark.parametrize("name", RUN)
def test_what_runs_tells_what_it_gives_what_goes_wrong_and_an_example(name):
    said = sections(CALLED[name])
    assert {"Returns", "Raises", "Examples"} <= set(said)


@pytest.mark.parametrize("name", [name for name in CLASSES if getattr(getattr(xai, name), "reference", None)])
def test_a_method_names_its_source(name):
    """The short reference of menus and tables is that of the docstring, which has the title."""
    references = sections(getattr(xai, name)).get("References", "")
    words = re.findall(r"[^\W\d_][\w-]+|\d{4}", getattr(xai, name).reference)
    assert words
    assert not [word for word in words if word not in references]
