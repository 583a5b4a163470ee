"""Every check has a verdict on every answer, and none is right by accident: NaN, text, lists, whatever a cell holds."""

import decimal
import fractions
import functools
import importlib
import inspect
import pkgutil

import numpy as np
import pytest
from scipy import ndimage, stats
from scipy.special import softmax

import xai_course
import xai_widgets as xai
from xai_course import lesson_00, text
from xai_course.answers import number, numbers, truth, truths, whole_number
from xai_course.checking import Judged, Verdict, call, described
from xai_course.faces import wall
from xai_course.networks import BACKENDS
from xai_course.networks.architecture import REVIEWS, Architecture, Convolution, Dense, Flatten

FUNCTIONS = {
    "lesson_00.overall": lambda right, people: right @ people / people.sum(),
    "lesson_00.adjusted": lambda ice, temperature, drowned: np.linalg.lstsq(
        np.column_stack([ice, temperature, np.ones(len(ice))]), drowned, rcond=None
    )[0][0],
    "lesson_01.integrated_gradients": lambda gradient, x, b, n: (
        (x - b) * np.mean([gradient(b + (k + 0.5) / n * (x - b)) for k in range(n)], axis=0)
    ),
    "lesson_01.occlusion_passes": lambda size, window, stride: (-((window - size) // stride) + 1) ** 2 + 1,
    "lesson_03.called_rate": lambda answers, labels, person: (answers[labels != person] == person).mean(),
    "lesson_03.border_share": lambda values, border, strongest: border[
        values > np.quantile(values, 1 - strongest)
    ].mean(),
    "lesson_04.radius": lambda f, k: min((f.max() - f[i]) / k[f.argmax(), i] for i in range(4) if i != f.argmax()),
    "lesson_04.vra": lambda answers, labels, radii, epsilon: ((answers == labels) & (radii > epsilon)).mean(),
    "lesson_04.share": lambda gradient, near: np.abs(gradient)[near].sum() / np.abs(gradient).sum(),
    "lesson_05.last_influence": lambda weight, target: weight[target],
    "lesson_06.vargrad": lambda gradients: gradients.var(axis=0),
    "lesson_06.conductance": lambda w, z, start: w * (z - start),
    "lesson_07.guided": lambda gradient, z: gradient * (gradient > 0) * (z > 0),
    "lesson_07.relevance": lambda x, w, b, r, epsilon=1e-6: (
        x * (w.T @ (r / (w @ x + b + epsilon * np.sign(w @ x + b))))
    ),
    "lesson_08.fidelity": lambda answers, line, w: (
        1 - np.average((answers - line) ** 2, weights=w) / np.cov(answers, aweights=w, bias=True)
    ),
    "lesson_08.ablation": lambda score, x, mask, baseline: score(x) - score(np.where(mask, baseline, x)),
    "lesson_09.shapley_by_hand": lambda game: game.shapley(),
    "lesson_09.samples_needed": lambda error, samples, wanted: samples * (error / wanted) ** 2,
    "lesson_10.claim": lambda answer, x, changed: (
        answer(changed) != answer(x) and bool((changed >= x).all() and (changed <= 1).all())
    ),
    "lesson_10.linear_change": lambda w, b, x: -(w @ x + b) * w / (w @ w),
    "lesson_11.share_inside": lambda values, mask: np.abs(values)[mask].sum() / np.abs(values).sum(),
    "lesson_12.one_number_each": lambda values: values.sum(axis=1),
    "lesson_13.passes": lambda side, window, stride: len(range(0, side - window + stride, stride)) ** 2 + 1,
    "lesson_13.step": lambda x, slope, rate, weight: np.clip(x + rate * (slope - 2 * weight * x), 0, 1),
    "lesson_14.attention": lambda queries, keys: softmax(queries @ keys.T / np.sqrt(queries.shape[1]), axis=1),
    "lesson_14.rollout": lambda blocks: functools.reduce(
        lambda followed, block: (block + np.eye(len(block))) / 2 @ followed, blocks, np.eye(len(blocks[0]))
    )[0],
    "lesson_14.relevance": lambda before, weights, gradients: (
        before + np.maximum(gradients * weights, 0).mean(axis=0) @ before
    ),
    "lesson_15.by_chance": lambda right, of: stats.binom.sf(right - 1, of, 0.5),
    "lesson_15.aopc": lambda scores: (scores[:, :1] - scores).mean(),
    "lesson_15.infidelity": lambda values, perturbations, drops: ((perturbations @ values - drops) ** 2).mean(),
    "lesson_16.overlap": lambda values, mask: (
        ((values >= np.sort(values, axis=None)[-mask.sum()]) & mask).sum()
        / ((values >= np.sort(values, axis=None)[-mask.sum()]) | mask).sum()
    ),
    "lesson_16.honest": lambda tuned, judged: judged[:, tuned.mean(axis=0).argmax()].mean(),
    "lesson_17.iou": lambda on, mask: (on & mask).sum() / (on | mask).sum(),
    "lesson_17.ceiling": lambda q, a: min(q, a) / max(q, a),
    "lesson_20.loss": lambda x, codes, dictionary, sparsity: (
        ((x - codes @ dictionary) ** 2).mean() + sparsity * codes.sum(axis=1).mean()
    ),
    "lesson_20.ends": lambda: (0, 1),
    "lesson_20.shrunk": lambda x, sparsity, units: max(x - sparsity * units / 2, 0),
    "lesson_22.alignment": lambda x, y: (
        np.linalg.norm((x - x.mean(axis=0)).T @ (y - y.mean(axis=0))) ** 2
        / np.linalg.norm(np.cov(x.T, bias=True) * len(x))
        / np.linalg.norm(np.cov(y.T, bias=True) * len(y))
    ),
    "lesson_22.factors": lambda c: (c**2, 1),
    "lesson_22.pictures": lambda units, most: units / most + 1,
    "lesson_21.expected_change": lambda c, now, off, on: (1 - c) * stats.entropy(off, now) + c * stats.entropy(on, now),
    "lesson_21.points": lambda distances, weights: np.log((distances + 1) / (distances + 1e-4)) @ weights,
    "lesson_24.expected": lambda x, means, spreads, correlation: stats.norm(
        means[1] + correlation * spreads[1] * (x - means[0]) / spreads[0]
    ).mean(),
    "lesson_24.shares": lambda x1, x2, w, r: (w * r * x1 / 2, w * (x2 - r * x1 / 2)),
    "lesson_24.way": lambda question: (
        "marginal" if "does the network" in question or "change" in question else "conditional"
    ),
    "lesson_23.guess": lambda colours, asked: colours.count(asked) / len(colours),
    "lesson_23.shares": lambda neither, picture, question, both: (
        (picture - neither + both - question) / 2,
        (question - neither + both - picture) / 2,
    ),
    "lesson_19.edges": lambda x: -ndimage.laplace(x, mode="nearest"),
    "lesson_19.regulariser": {"rough": "smoothness", "brittle": "jitter"}.get,
    "lesson_18.step": lambda with_concept, without: with_concept.mean(axis=0) - without.mean(axis=0),
    "lesson_18.score": lambda gradients, vector: (gradients @ vector > 0).mean(),
    "lesson_18.splits": lambda tests, alpha: np.ceil(tests / alpha) - 1,
}
"""What solves the exercises that ask for a function."""

PLACE = (70, 50)
"""The pixel that lesson 11 asks about."""


def solutions(backend):
    """Return what solves the exercises that ask a network, and what their checks take besides, in one framework."""
    lab = xai_course.backend(backend)
    model, picture = reader(lab)
    x, painted = lab.layout(picture), wall() & (np.indices((64, 64))[1] < 44)
    pixel = np.zeros((128, 128), bool)
    pixel[PLACE] = True
    return {
        "lesson_00.words": ([word for _, word, _ in lesson_00.ASKED],),
        "lesson_01.baseline": ("white", model, x),
        "lesson_01.turning": ((0, 0), *hill(lab)),
        "lesson_02.corner": ((0, 0), model, x),
        "lesson_02.question": (xai.Margin("missile", "projectile"), model, x),
        "lesson_02.steps": (1, model, x),
        "lesson_03.least_paint": (painted, model, picture, wall(), "projectile", 0.5),
        "lesson_05.choices": (
            {
                "saliency": xai.Influence(distribution=xai.Point()),
                "integrated gradients": xai.Influence(distribution=xai.Line(steps=16), multiplier="displacement"),
                "SmoothGrad": xai.Influence(distribution=xai.Gaussian(sigma=0.1, samples=8)),
            },
            model,
            x,
        ),
        "lesson_05.broken_sensitivity": (lambda t: 0.5 - lab.relu(0.5 - t[:, 0]), lab),
        "lesson_11.one_pixel": (xai.Segment("tumour", mask=pixel), *scanner(lab), *PLACE),
        "lesson_12.fooled": ("the plot was dull and we had popcorn", *critic(lab)),
    }


def hill(lab):
    """Return a model whose scores rise and fall again on the way from black, and a picture beyond the top."""
    picture = lab.layout(np.full((64, 64, 1), 0.8, np.float32))
    model = xai.wrap(
        lambda t: (t - t * t)[:, 0, :, 0],
        backend=lab.BACKEND,
        input_shape=picture.shape,
        bounds=(0, 1),
        outputs="values",
    )
    return model, picture


def reader(lab):
    """Return a linear model that says "missile" for light in the middle, "projectile" for a red wall, and a picture."""
    picture = np.zeros((64, 64, 3), np.float32)
    picture[27:37, 27:37] = 1
    weight = np.full((2, 3, 64, 64), 1e-4, np.float32)
    weight[0, :, 27:37, 27:37] = 8 / 300
    weight[1, 0], weight[1, 1] = 20 * wall() / wall().sum(), -20 * wall() / wall().sum()
    weights = {"dense.weight": weight.reshape(2, -1), "dense.bias": np.float32([-4, 0])}
    network = lab.build(Architecture("reader", (64, 64, 3), {"flatten": Flatten(), "dense": Dense(2)}), weights)
    classes = ["missile", "projectile"]
    return xai.wrap(network, classes=classes, bounds=(0, 1), input_shape=lab.layout(picture).shape), picture


def scanner(lab):
    network = lab.build(Architecture("scanner", (128, 128, 3), {"head": Convolution(2, 3)}), seed=0)
    x = lab.layout(np.random.default_rng(0).random((128, 128, 3), np.float32))
    return xai.wrap(network, classes=["tissue", "tumour"], bounds=(0, 1), input_shape=x.shape), x


def critic(lab):
    """Return a network that likes popcorn, and the reviews whose words it knows."""
    pytest.importorskip("tokenizers")
    reviews = xai_course.write_reviews(train=10, test=10)
    weights = {name: np.zeros(shape, np.float32) for name, shape in REVIEWS.weight_shapes().items()}
    weights["embedding.weight"][text.tokenizer().token_to_id("popcorn"), 0] = 1
    weights["convolution.weight"][0, 0, 1] = 1
    weights["dense.weight"][1, 0], weights["dense.bias"][0] = 1, 0.5
    network = lab.build(REVIEWS, weights)
    return text.wrapped(network, reviews), reviews


solutions_of = functools.cache(solutions)


class Hostile:
    """An object of a student's own, at which everything fails."""

    def __getattribute__(self, name):
        if name == "__class__":
            return Hostile
        raise RuntimeError("no")

    def fail(self, *_):
        raise RuntimeError("no")

    __repr__ = __str__ = __eq__ = __bool__ = __float__ = __len__ = __iter__ = __array__ = __getitem__ = fail
    __hash__ = None


def hostile_words():
    class WordlessError(Exception):
        def __str__(self):
            raise RuntimeError("no")

    raise WordlessError


def deep():
    return deep()


ODD = {
    "NaN": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "minus infinity": lambda: np.float32("-inf"),
    "NaN of NumPy": lambda: np.array(np.nan),
    "complex": lambda: 0.4 + 1j,
    "complex NaN": lambda: complex("nan"),
    "True": lambda: True,
    "False": lambda: np.False_,
    "text": lambda: "0.4",
    "empty text": lambda: "",
    "bytes": lambda: b"0.4",
    "no tuple": tuple,
    "pair": lambda: (0.4, 0.6),
    "triple with NaN": lambda: (0.4, float("nan"), 0.6),
    "pair of texts": lambda: ("0", "0"),
    "empty list": list,
    "uneven lists": lambda: [1, [2, 3]],
    "list with None": lambda: [1.0, None, ...],
    "dict": lambda: {"left": float("nan"), "right": None, "spare right": 1j},
    "dict with a list": lambda: {"left": [1], "right": (), "spare right": {}},
    "empty dict": dict,
    "set": lambda: {1, 2},
    "dict of influences": lambda: dict.fromkeys(["saliency", "integrated gradients", "SmoothGrad"], "a map"),
    "range": lambda: range(4),
    "generator": lambda: (value for value in (1, 2)),
    "huge whole number": lambda: 10**400,
    "minus one": lambda: -1,
    "huge float": lambda: 1e308,
    "decimal NaN": lambda: decimal.Decimal("nan"),
    "object": object,
    "hostile object": Hostile,
    "class": lambda: Verdict,
    "module": lambda: np,
    "function": lambda: len,
    "exception": lambda: ValueError("no"),
    "date": lambda: np.datetime64("2020-01-01"),
    "record": lambda: np.zeros(3, [("a", int), ("b", float)]),
    "empty array": lambda: np.zeros(0),
    "many axes": lambda: np.zeros((1,) * 12),
    "array of NaN": lambda: np.full((64, 64), np.nan),
    "array of text": lambda: np.array(["a", "b", "c"]),
    "array of objects": lambda: np.array([None, {}, len]),
    "array of complex": lambda: np.full(3, 1j),
    "masked": lambda: np.ma.masked,
    "quantity": lambda: xai.Probability(7),
    "quantity that fails": lambda: xai.Custom(lambda scores: 1 / 0),
    "quantity of NaN": lambda: xai.Custom(lambda scores: float("nan") * scores[:, 0]),
    "segment without a class": lambda: xai.Segment("nothing", mask=np.eye(128, dtype=bool)),
    "segment of another size": lambda: xai.Segment("tumour", mask=np.eye(2, dtype=bool)),
    "method": lambda: xai.Saliency(),
    "verdict": lambda: Verdict("right", "so."),
}
"""What a cell or a function may hold that no exercise asks for."""

FAILING = {
    "division": lambda *_: 1 / 0,
    "assertion": lambda *_: [][0],
    "no such name": lambda *_: no_such_name,  # noqa: F821
    "other arguments": lambda: 0.4,
    "recursion": lambda *_: deep(),
    "error without words": lambda *_: hostile_words(),
    "its own end": lambda *_: next(iter(())),
    "class": Hostile,
    "changes its arguments": lambda *given: [array.fill(np.nan) for array in given if isinstance(array, np.ndarray)],
}
"""Functions that come to no answer, or to none of use."""


def checks():
    """Return every check there is, by lesson and name."""
    found = {}
    for _, name, _ in pkgutil.iter_modules(xai_course.__path__):
        if name.startswith("lesson_"):
            module = importlib.import_module(f"xai_course.{name}")
            for member, function in inspect.getmembers(module, inspect.isfunction):
                if function.__module__ == module.__name__ and hasattr(function, "__wrapped__"):
                    found[f"{name}.{member}"] = function
    return found


CHECKS = checks()
ASKING = sorted(CHECKS.keys() - FUNCTIONS.keys())
"""The checks that ask a network, in either framework."""
RUNS = [(name, None) for name in FUNCTIONS] + [(name, backend) for name in ASKING for backend in BACKENDS]
IDENTITIES = [f"{name}, {backend}" if backend else name for name, backend in RUNS]
everywhere = pytest.mark.parametrize(("name", "backend"), RUNS, ids=IDENTITIES)


def judged(name, backend, answer):
    others = () if backend is None else solutions_of(backend)[name][1:]
    return CHECKS[name](answer, *others)


def test_all_checks_are_known_and_each_is_made_as_all_are():
    assert len(CHECKS) == 63
    assert set(ASKING) == solutions_of("torch").keys()
    for name, function in CHECKS.items():
        lesson = importlib.import_module(f"xai_course.{name.partition('.')[0]}")
        own = [other for other in vars(lesson).values() if getattr(other, "__module__", "") == lesson.__name__]
        judging = [other for other in own if "answer" in getattr(other, "__annotations__", {})]
        assert function in judging
        assert all(hasattr(other, "__wrapped__") for other in judging), (
            f"{lesson} has a check that is not under check()"
        )


@everywhere
def test_the_solution_is_right(name, backend):
    assert (
        judged(name, backend, FUNCTIONS[name] if backend is None else solutions_of(backend)[name][0]).state == "right"
    )


@everywhere
@pytest.mark.parametrize("blank", [None, ...])
def test_the_blank_is_not_yet_an_answer(name, backend, blank):
    assert judged(name, backend, blank).state == "blank"


@pytest.mark.parametrize(("name", "backend"), [run for run in RUNS if run[1]])
@pytest.mark.parametrize("odd", ODD)
def test_an_odd_answer_has_a_verdict_and_is_not_right(name, backend, odd):
    assert judged(name, backend, ODD[odd]()).state in ("blank", "wrong")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_no_function_has_a_verdict_and_is_not_right(name):
    assert {CHECKS[name](ODD[odd]()).state for odd in ODD} == {"wrong"}


@everywhere
@pytest.mark.parametrize("failing", FAILING)
def test_a_function_that_fails_has_a_verdict_and_is_not_right(name, backend, failing):
    assert judged(name, backend, FAILING[failing]).state == "wrong"


@pytest.mark.parametrize("name", [*FUNCTIONS, "lesson_05.broken_sensitivity"])
@pytest.mark.parametrize("odd", ODD)
def test_a_function_that_says_something_odd_has_a_verdict_and_is_not_right(name, odd):
    for backend in BACKENDS if name in ASKING else [None]:
        assert judged(name, backend, lambda *_: ODD[odd]()).state == "wrong"


SPOILT = {
    "NaN in one place": lambda found: np.where(np.arange(found.size).reshape(found.shape) == 0, np.nan, found),
    "infinite in the last": lambda found: np.where(
        np.arange(found.size).reshape(found.shape) == found.size - 1, np.inf, found
    ),
    "complex": lambda found: found + 0j,
    "text": lambda found: found.astype(str),
    "one axis more": lambda found: found[None],
    "one too many": lambda found: np.append(found, found.flat[0]),
}
"""Right numbers with one thing about them that is not."""

SAME = {
    "list": lambda found: found.tolist(),
    "array": np.asarray,
    "longer floats": lambda found: found.astype(np.longdouble),
    "objects": lambda found: found.astype(object),
    "torch": lambda found: xai_course.backend("torch").tensor(found),
    "keras": lambda found: xai_course.backend("keras").tensor(found),
}
"""Right numbers as other kinds of arrays."""

NOT_NUMBERS = ("lesson_09.shapley_by_hand", "lesson_10.claim", "lesson_19.regulariser", "lesson_24.way")
NUMBERS = [name for name in FUNCTIONS if name not in NOT_NUMBERS]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("spoilt", SPOILT)
def test_right_numbers_that_are_spoilt_are_not_right(name, spoilt):
    def answer(*given):
        return SPOILT[spoilt](np.asarray(FUNCTIONS[name](*given), np.float64))

    assert CHECKS[name](answer).state == "wrong"


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("same", SAME)
def test_right_numbers_are_right_however_they_are_held(name, same):
    def answer(*given):
        return SAME[same](np.asarray(FUNCTIONS[name](*given), np.float64))

    assert CHECKS[name](answer).state == "right"


def test_fractions_are_right_too():
    values = {
        "left": fractions.Fraction(2, 3),
        "right": fractions.Fraction(1, 6),
        "spare right": fractions.Fraction(1, 6),
    }
    assert CHECKS["lesson_09.shapley_by_hand"](lambda game: values).state == "right"


@pytest.mark.parametrize("spoilt", [float("nan"), float("inf"), "1/6", 1j, None])
def test_one_spoilt_share_is_not_right(spoilt):
    def answer(game):
        return {**game.shapley(), "right": spoilt}

    assert CHECKS["lesson_09.shapley_by_hand"](answer).state == "wrong"


@pytest.mark.parametrize("says", ["nan", "inf"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_function_of_tensors_that_is_nowhere_finite_is_not_right(says, backend):
    assert judged("lesson_05.broken_sensitivity", backend, lambda t: 0 * t[:, 0] + float(says)).state == "wrong"


def test_an_answer_cannot_change_what_the_next_case_is_given():
    """The function sees copies: one that works in place is judged by what it returns."""

    def in_place(score, x, mask, baseline):
        before = score(x)
        x[mask] = baseline
        return before - score(x)

    assert CHECKS["lesson_08.ablation"](in_place).state == "right"


def test_kinds_of_answers():
    assert number(np.float32(0.5)) == number([[0.5]][0][0]) == 0.5
    assert whole_number(3.0) == 3
    assert truth(np.True_) is True
    np.testing.assert_array_equal(numbers([[1, 2]], (1, 2)), [[1, 2]])
    np.testing.assert_array_equal(truths([True, False], (2,)), [True, False])


@pytest.mark.parametrize(
    ("read", "value", "why"),
    [
        (number, [0.5], "expected one number; found an array of shape (1,) of float64."),
        (number, "0.5", "expected one number; found '0.5'."),
        (number, float("nan"), "expected one number; found nan. Is something divided by zero?"),
        (number, 10**400, "expected one number; found 1000"),
        (whole_number, 2.5, "expected one whole number; found 2.5."),
        (truth, 1, "expected True or False; found 1."),
        (lambda value: numbers(value, (2,), "two numbers", "Do."), [1], "two numbers, shape (2,); found an array of"),
        (
            lambda value: truths(value, (2,)),
            [0, 1],
            "expected truth values, shape (2,); found an array of shape (2,) of int",
        ),
    ],
)
def test_what_is_no_such_answer_is_refused_in_words(read, value, why):
    with pytest.raises(Judged) as end:
        read(value)
    assert end.value.verdict.state == "wrong"
    assert why in end.value.verdict.message


def test_what_is_found_is_named_in_short():
    assert described(np.zeros((2, 3), np.float32)) == "an array of shape (2, 3) of float32"
    assert described([1, "b"]) == "[1, 'b']"
    assert described("a" * 100) == "'" + "a" * 56 + "..."
    assert described(Hostile()) == "an object of the class Hostile"


def test_the_error_of_a_function_is_told():
    with pytest.raises(Judged) as end:
        call(lambda: 1 / 0)
    assert end.value.verdict.message == "the function stopped: ZeroDivisionError: division by zero"


def test_an_interrupt_goes_through():
    def interrupted(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CHECKS["lesson_04.radius"](interrupted)
