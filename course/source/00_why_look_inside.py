# %% [markdown]
r"""
# 0. Why look inside at all?

{{badges}}

**Aim.** A network is right 97 times in 100. Why should anybody look inside? You meet the two questions that the whole
course is about, four reasons to ask them, five things that people hope for when they do, and three ways to find out whether
an answer is any good. Each of them with something to move.

**Time.** 35 to 45 minutes: two questions 8, debugging 8, bias 8, five hopes 12, three levels 6.

**You need** nothing but school mathematics. No GPU and no training: the networks come with the course.

It follows the lectures of Oramas (Model Interpretation and Explanation for Deep Neural Networks) and Kokhlikyan (Debugging
and Understanding Deep Learning Models).
"""

# %% [markdown]
r"""
## Set-up

In Colab the first cell installs the course; anywhere else it does nothing.
"""

# %%
import sys

if "google.colab" in sys.modules:
    import subprocess

    from google.colab import output

    packages = ["xai-widgets @ git+{{repository}}"]
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *packages], check=True)
    output.enable_custom_widget_manager()

# %% [markdown]
r"""
The next cell chooses the framework. Everything below is the same for both; a kernel loads only the one you choose.
"""

# %%
import os

import numpy as np
from scipy.special import softmax

import xai_course
import xai_widgets as xai
from xai_course import flowers as networks
from xai_course import lesson_00 as check
from xai_course import reading
from xai_course.plots import COLORS, Table, curve, walk

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
## 1. Two questions

- **What has the network learnt?** Which features it has, what its units respond to, what a class looks like to it. The answer
  is about the network, whatever the input is. It is called **interpretation**.
- **What in this input made this answer?** Which pixels, which words, which person's wall. The answer is about one decision. It
  is called **explanation**.

These are the words of Oramas's lecture. Others draw the line elsewhere: to Gilpin and others (2018) an explanation answers
"why", and what is interpretable describes the inside of a system in terms that people understand. So say which question you
mean, and you need no word for it.

The eight questions of the first exercise:
"""

# %%
for number, question in enumerate(check.QUESTIONS):
    print(number, question)

# %% [markdown]
r"""
### Exercise 1: which of the two?

Write a list with `"interpretation"` or `"explanation"` for each of these questions.

<details><summary>A hint</summary>

Is it about one answer to one input, or would it have the same answer whatever the input is?

</details>
"""

# %% only=student tags=exercise
my_words = ...  # a list of eight words


check.words(my_words)

# %% only=wrong tags=wrong
my_words = ["explanation"] * 8


check.words(my_words)

# %% only=solution tags=solution
e, i = "explanation", "interpretation"
my_words = [e, i, i, e, e, i, e, i]


check.words(my_words)

# %% [markdown]
r"""
## 2. It is right. Why ask?

**Debugging.** Two networks tell six kinds of drawn flowers apart, by red, yellow or blue petals, or by a red, yellow or blue
stem. Both were trained and tested on flowers in pots. Here is their test.
"""

# %%
flowers = networks.with_own_pots(xai_course.load_flowers("single", 60, seed=7))  # new to both networks
both = {"first": networks.network(lab), "second": networks.network(lab, taught="pots")}
shape = lab.layout(flowers.pictures[:1]).shape[1:]
models = {
    name: xai.wrap(network, classes=flowers.classes, bounds=(0, 1), input_shape=shape) for name, network in both.items()
}


def share_right(network, flowers):
    return (lab.predict(network, flowers.pictures).argmax(axis=1) == flowers.labels).mean()


tested = {name: share_right(network, flowers) for name, network in both.items()}
for name, right in tested.items():
    print(f"The {name} network is right in {right:.2f} of {len(flowers)} new flowers.")
assert min(tested.values()) > 0.95

# %% [markdown]
r"""
> **Predict.** Which of the two would you use? Look at the bars below the pictures, and at nothing else. Then look at the maps:
> what does each network look at in a flower with a blue stem?
"""

# %%
blue = flowers.classes.index("blue stem")
stems = flowers.chosen(flowers.labels == blue)
xai.explore(models, stems.pictures[:6], method=xai.RelevancePropagation(), target=blue)

# %% [markdown]
r"""
**What it shows.** The bars are as high, the answers are the same, and the reasons are not: the first network looks at the stem,
the second at the pot. In these pictures the pot has the colour of the class. A test on such pictures cannot find this out: it
has the same mistake in it. Whoever sees the pot light up asks what happens in another pot.
"""

# %%
other_pots = stems.recolored("pot", "yellow")
moved = {name: share_right(network, other_pots) for name, network in both.items()}
assert moved["first"] > 0.9
assert moved["second"] < 0.2
Table(
    ["network", "right, all flowers", "right, blue stems in yellow pots"],
    [[name, f"{tested[name]:.2f}", f"{moved[name]:.2f}"] for name in both],
    "Two networks with the same test accuracy, and one that needs the pot.",
)

# %% [markdown]
r"""
That is the first reason to look inside. The lecture has an older example: a classifier of photographs that recognised *horses*
nearly as well as a deep network did (80 and 82 %), and looked at the name of the photographer in the corner, which many pictures of horses had
(Lapuschkin and others 2016). Lesson 3 does it with faces and a pink wall.

**Insight** is the second reason: a network may have found something that we did not know. **Regulation** is the third, and
comes last here. The fourth is bias.

## 3. Right for whom?

Buolamwini and Gebru (2018) tested three commercial programs that tell women from men in photographs. These are the shares of
right answers:
"""

# %%
GROUPS = ["lighter men", "lighter women", "darker men", "darker women"]
RIGHT = {
    "Microsoft": np.array([1.000, 0.983, 0.940, 0.792]),
    "Face++": np.array([0.992, 0.940, 0.993, 0.655]),
    "IBM": np.array([0.997, 0.929, 0.880, 0.653]),
}
gaps = {name: right.max() - right.min() for name, right in RIGHT.items()}
assert np.allclose(list(gaps.values()), [0.208, 0.338, 0.344])
Table(
    ["program", *GROUPS, "largest gap"],
    [[name, *(f"{value:.1%}" for value in right), f"{gaps[name]:.1%}"] for name, right in RIGHT.items()],
    "How often three programs of 2017 were right, for four groups of people (Buolamwini and Gebru 2018).",
)

# %% [markdown]
r"""
A seller would rather print one number: the share that is right of all people in a test. It depends on who is in the test.

> **Predict.** In a test 60 % are lighter men, 25 % lighter women, 10 % darker men and 5 % darker women. What does the seller
> print? Then move the slider: what changes, and what does not?
"""

# %%
OTHERS = np.array([60, 25, 10]) / 95
shares = np.arange(0, 51, 5) / 100
tests = np.column_stack([np.outer(1 - shares, OTHERS), shares])
overall = {name: tests @ right for name, right in RIGHT.items()}


def people(test, right, side=20):
    """Return a crowd: a square for each person in the colour of the group, a black one for each mistake."""
    paint = np.array([[0, 114, 178], [86, 180, 233], [213, 94, 0], [230, 159, 0]]) / 255
    ends = np.round(np.cumsum(test) * side * side).astype(int)
    crowd = np.zeros((side * side, 3))
    for color, start, end, share in zip(paint, [0, *ends[:-1]], ends, right, strict=True):
        crowd[start : start + round((end - start) * share)] = color
    place = np.pad(np.ones((8, 8, 1)), ((0, 2), (0, 2), (0, 0)))
    crowd = crowd.reshape(side, side, 3)
    return 1 - np.kron(1 - crowd, place)


usual = list(shares).index(0.05)
assert np.allclose([right[usual] for right in overall.values()], [0.979, 0.962, 0.951], atol=5e-4)
plot = curve("One number for all", "share of darker women in the test", "share right")
for color, (name, right) in zip(COLORS, overall.items(), strict=False):
    plot.line(shares, right, color=color, line_width=3, legend_label=name)
    plot.line(shares, RIGHT[name][3], color=color, line_width=2, line_dash="dashed")
plot.legend.location = "bottom_left"
walk(
    plot,
    shares.tolist(),
    label="Share of darker women in the test",
    pictures=[people(test, RIGHT["IBM"]) for test in tests],
    captions=[
        f"{share:.0%} darker women\n" + "\n".join(f"{name} {right[place]:.1%}" for name, right in overall.items())
        for place, share in enumerate(shares)
    ],
    sentence="The share that is right of all people falls with the share of darker women in the test; "
    "the dashed lines, how often each program is right for them, do not move.",
)

# %% [markdown]
r"""
**The idea.** With a share $s_g$ of the people in group $g$, and a share $a_g$ right among them, a seller prints

$$a = \sum_g s_g \, a_g, \qquad \text{and not} \qquad \max_g a_g - \min_g a_g .$$

Who makes the test chooses the $s_g$. The gap has none in it.

**What it shows.** With 5 % darker women all three sellers may print "95 % and more". Beside the plot stands the test as IBM's
program sees it: blue squares are lighter men and women, orange and yellow ones darker men and women, black ones are mistakes. The
further the slider goes to the right, the more of the mistakes are in one group, and the lower is the number. The dashed lines, how
often the programs are right for these women, do not move: they are as wrong in every test, and few tests say so.

**Its limits.** To count by groups one must have thought of the groups. An explanation may show a reason that nobody thought of.
And it does not say what would be *fair*: equal shares of right answers are one of several definitions, which exclude each other
(Kleinberg, Mullainathan and Raghavan 2016).

### Exercise 2: the seller's number

`right` and `people` are arrays, one number for each group: the share of right answers, and how many there are in a test. Write
the share of right answers of the whole test.

<details><summary>A hint</summary>

How many people are right in each group?

</details>
"""


# %% only=student tags=exercise
def my_overall(right, people): ...  # your line


check.overall(my_overall)


# %% only=wrong tags=wrong
def my_overall(right, people):
    return (right * people).mean()


check.overall(my_overall)


# %% only=solution tags=solution
def my_overall(right, people):
    return (right * people).sum() / people.sum()


check.overall(my_overall)

# %% [markdown]
r"""
## 4. Five hopes

Lipton (2016) collected what people hope for when they ask for an interpretable model. For each of them the course has something
to do.

| hope | the question | to do |
|---|---|---|
| trust | Given an input, what answer can we expect? | the slider below |
| causality | Would the world be otherwise if we changed this? | exercise 3; lesson 3 paints |
| transferability | Is it right in another place, too? Against somebody who means ill? | the slider below; lesson 4 |
| informativeness | What does it say beyond one number? | section 2; lesson 10: why a 4, and *not a 9*? |
| fairness | Is it as right, and for good reasons, for everybody? | section 3 |

### Trust, and transferability

A network reads handwritten digits. It was trained on digits in the middle of the picture. Move them aside. It says how certain it is:
its largest probability.

> **Predict.** How far may digits move until every other answer is wrong? And how certain will the network be then?
"""

# %%
digits = xai_course.load_digits(train=1400)
print(digits)
reader = reading.network(lab, digits)
some = slice(0, 400)


def moved_by(pictures, pixels):
    """Return digits that stand so many pixels further right."""
    return np.pad(pictures, ((0, 0), (0, 0), (pixels, 0), (0, 0)))[:, :, : pictures.shape[2]]


pixels = list(range(8))
certain, right = np.zeros((2, len(pixels)))
for place, by in enumerate(pixels):
    probabilities = softmax(lab.predict(reader, moved_by(digits.x_test[some], by)), axis=1)
    certain[place] = probabilities.max(axis=1).mean()
    right[place] = (probabilities.argmax(axis=1) == digits.y_test[some]).mean()
assert right[0] > 0.92
assert abs(certain[0] - right[0]) < 0.05
assert right[5] < 0.6
assert certain[5] > right[5] + 0.2

plot = curve("Digits that move to the right", "pixels", "share, mean probability")
plot.line(pixels, right, color=COLORS[0], line_width=3, legend_label="is right")
plot.line(pixels, certain, color=COLORS[1], line_width=3, line_dash="dashed", legend_label="is certain")
plot.y_range.start = 0
plot.legend.location = "bottom_left"
walk(
    plot,
    pixels,
    label="Moved by so many pixels",
    pictures=[moved_by(digits.x_test[:1], by)[0] for by in pixels],
    captions=[f"right {share:.2f}\ncertain {said:.2f}" for share, said in zip(right, certain, strict=True)],
    sentence="The further digits are moved, the fewer are read rightly; the network stays much more certain.",
)

# %% [markdown]
r"""
**What it shows.** In the middle the two curves agree: if it says 97 %, trust it in 97 of 100 cases. Five pixels further it is wrong
more often than not, and still certain. What we may expect of a network was measured in one place, and does not come along to
another. Nobody changed the network, and no attacker was needed; lesson 4 has attackers, and a proof.

### Causality

On days on which more ice cream is sold, more people drown. Does ice cream drown people? Here is a table of 400 days, made up so that
we know: the temperature makes both, and ice cream nothing. So we can also do what nobody may in the world, and **forbid ice cream**.
"""

# %%
generator = np.random.default_rng(0)
days = 400
temperature = generator.uniform(5, 35, days)
chance = {name: generator.normal(size=days) for name in ("ice cream", "drowned")}


def world(forbidden=False):
    """Return how much ice cream is sold on each day, and how many people drown: made up, by two lines."""
    ice_cream = (10 + 3 * temperature + 8 * chance["ice cream"]) * (not forbidden)
    return ice_cream, 0.3 * temperature + chance["drowned"]


ice_cream, drowned = world()
columns = np.column_stack([ice_cream, temperature, np.ones(days)])
slope = np.polyfit(ice_cream, drowned, 1)[0]
at_equal_temperature = np.linalg.lstsq(columns, drowned, rcond=None)[0][0]
by_line, by_plane = (-coefficient * ice_cream.mean() for coefficient in (slope, at_equal_temperature))
without = world(forbidden=True)[1]
assert by_line < -3
assert abs(by_plane) < 1
assert (without == drowned).all()
Table(
    ["who says by how many fewer or more people drown, on an average day without ice cream", "answer"],
    [
        ["the line through all days", f"{by_line:+.1f}"],
        ["the line among days of equal temperature", f"{by_plane:+.1f}"],
        ["the world, in which ice cream is forbidden", f"{(without - drowned).mean():+.1f}"],
    ],
    f"Two readings of a table, and the world. {drowned.mean():.0f} people drown on an average day.",
)

# %% [markdown]
r"""
**What it shows.** A model of the table that uses ice cream predicts well, and an honest explanation of *that model* says "because of
the ice cream". That is a fact about the model, and false of the world. Whether something causes an *answer of a network* is easier to
find out: a network can be asked again with something changed, as often as we like. That is what painting is for, in lesson 3.

### Exercise 3: at equal temperature

`ice`, `temperature` and `drowned` are arrays, a number for each day. Write by how many more people drown for one more ice cream
**among days of equal temperature**: the coefficient of `ice` in the best line in both, with a constant.

<details><summary>A hint</summary>

`np.linalg.lstsq` wants a matrix with a column for each coefficient: ice cream, temperature, and ones for the constant.

</details>
"""


# %% only=student tags=exercise
def my_slope(ice, temperature, drowned): ...  # your lines


check.adjusted(my_slope)


# %% only=wrong tags=wrong
def my_slope(ice, temperature, drowned):
    return np.linalg.lstsq(np.column_stack([ice, temperature]), drowned, rcond=None)[0][0]


check.adjusted(my_slope)


# %% only=solution tags=solution
def my_slope(ice, temperature, drowned):
    columns = np.column_stack([ice, temperature, np.ones(len(ice))])
    return np.linalg.lstsq(columns, drowned, rcond=None)[0][0]


check.adjusted(my_slope)

# %% [markdown]
r"""
## 5. Is the explanation any good?

Doshi-Velez and Kim (2017) tell three levels apart. The lower ones cost more and say more.

| level | who is asked | example | in this course |
|---|---|---|---|
| functionally grounded | nobody: something is computed that stands for quality | does the answer change when what is important is erased? | lessons 7, 13, 15, 16 |
| human-grounded | lay people, a simple task | from the map alone: what will the network answer? | your own predictions, before each widget |
| application-grounded | experts at their own task | does a doctor find more tumours with the map beside the scan? | none: nobody is ill here |

A map that *pleases* has passed none of them. The network of section 2 with the pot has an honest map which looks wrong, because the
network is. Lesson 15 shows measures by which a map that explains nothing wins.

**Black box, or readable by design?** Everything in lessons 1 to 16 explains a finished network *afterwards*, which costs it nothing. One
can also build a model whose answer can be read as it is, such as a tree of questions or a sum of points, which may cost accuracy.

**What the law asks.** In the European Union a person about whom an algorithm decides alone may contest the decision and wants "meaningful
information about the logic involved" (General Data Protection Regulation 2016, articles 15 and 22), and since the Artificial Intelligence Act
(2024, article 86) "clear and meaningful explanations" of decisions of high-risk systems. Neither says which method is meaningful.

"""

# %% [markdown]
r"""
## What to remember

- Interpretation: what has it learnt? Explanation: why this answer? Say which of them you ask.
- A test cannot see a mistake that is in the test, too. Look inside, then change one thing and ask again.
- One number for all hides who pays for it, and depends on who was counted.
- Certain is not right. What was measured in one place holds there.
- What predicts is not therefore a cause. A network can be asked again; the world mostly cannot.

## Further reading

- Z. C. Lipton (2016), *The Mythos of Model Interpretability*, arXiv 1606.03490.
- F. Doshi-Velez, B. Kim (2017), *Towards A Rigorous Science of Interpretable Machine Learning*, arXiv 1702.08608.
- L. H. Gilpin, D. Bau, B. Z. Yuan, A. Bajwa, M. Specter, L. Kagal (2018), *Explaining Explanations: An Overview of
  Interpretability of Machine Learning*, DSAA.
- J. Buolamwini, T. Gebru (2018), *Gender Shades: Intersectional Accuracy Disparities in Commercial Gender
  Classification*, FAT*.
- S. Lapuschkin, A. Binder, G. Montavon, K.-R. Müller, W. Samek (2016), *Analyzing Classifiers: Fisher Vectors and Deep
  Neural Networks*, CVPR.
- J. Kleinberg, S. Mullainathan, M. Raghavan (2016), *Inherent Trade-Offs in the Fair Determination of Risk Scores*,
  arXiv 1609.05807.
"""
