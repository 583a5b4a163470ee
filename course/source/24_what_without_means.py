# %% [markdown]
r"""
# 24. What "without" means

{{badges}}

**Aim.** Lesson 9 left a question open: what does a network answer *without* a column? You give it three meanings, watch them
drift apart while two columns become correlated, and see what each of them says of decisions that are not fair.

**Time.** 45 minutes: three meanings 15, what a network is asked there 8, fair decisions 22.

**You need** lesson 9 (Shapley values). No GPU: everything here is drawn, and trained in a moment.
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

import xai_course
import xai_widgets as xai
from xai_course import decisions
from xai_course import lesson_24 as check
from xai_course.plots import Table

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
## 1. Three meanings

A network says how much credit somebody gets: $3 \cdot \text{income} - 2 \cdot \text{debt} + \text{age}$, each counted in
standard deviations from its mean. It has a fourth column, the size of the shoes, and does not use it. The person in view has
large feet. In the background, 200 other people, you decide how much shoes and income go together.

> **Predict.** The network multiplies the size of the shoes by 0. Can its Shapley value be anything else than 0?

Drag the correlation, and look which bars follow.
"""

# %%
COLUMNS = ("income", "shoes", "debt", "age")
credit = xai.wrap(
    decisions.line(lab, [3, 0, -2, 1]),
    classes=["credit"],
    features=COLUMNS,
    bounds=None,
    input_shape=(4,),
    outputs="values",
)
background = decisions.table(200, 4, seed=0).astype("float32")
person = np.array([[0.5, 1.5, -0.5, 1.0]], "float32")
xai.without(credit, person, background, first="income", second="shoes", correlation=0.0)


# %%
def three(model, x, rows, quantity=None, draws=64):
    """Return the Shapley values of rows x by baseline, by marginal and by conditional expectation."""
    ways = {
        "baseline": xai.ExactShapley(baseline=rows.mean(axis=0)),
        "marginal": xai.ExactShapley(without="marginal", background=rows, draws=len(rows)),
        "conditional": xai.ExactShapley(without="conditional", background=rows, draws=draws),
    }
    return {name: method(model, x, quantity).values for name, method in ways.items()}


apart = {r: three(credit, person[0], xai.correlated(background, (0, 1), r)) for r in (0.0, 0.9)}
Table(
    ["correlation", "without", *COLUMNS],
    [
        [f"{r:.1f}", way, *(f"{value + 0:.2f}" for value in np.round(values, 2))]
        for r, ways in apart.items()
        for way, values in ways.items()
    ],
    "What each column brings to the credit of the person in view.",
)

# %%
at_zero, at_nine = apart.values()
for way in at_zero:
    assert np.allclose(at_zero[way], at_zero["baseline"], atol=1e-3)
assert abs(at_nine["baseline"][1]) < 1e-4
assert abs(at_nine["marginal"][1]) < 1e-4
assert abs(at_nine["conditional"][1]) > 0.5

# %% [markdown]
r"""
**What it shows.** Without correlation all three agree. With it, two of them stay as they are, and the conditional one gives
the shoes a share that the network cannot have given them: they *tell* of the income, on which the credit depends. In the
drawing you see why: where the income is known, the conditional way knows the shoes nearly too, the marginal one lets them be
anybody's.

**The idea.** A coalition $S$ of columns is worth what the network answers when only $x_S$ is known. For the rest stands

$$\underbrace{f(x_S, b_{\bar S})}_{\text{baseline}} \qquad
\underbrace{\mathbb{E}\, f(x_S, Z_{\bar S})}_{\text{marginal}} \qquad
\underbrace{\mathbb{E}\,[\, f(Z) \mid Z_S = x_S\,]}_{\text{conditional}}$$

one row $b$; any row $Z$ of the background, whatever $x_S$ is (*interventional*: columns are set, Janzing, Minorics and
Blöbaum 2020); or only rows that have $x_S$ (*observational*). Lundberg and Lee (2017) define SHAP by the third, and then
assume that columns are independent, which makes it the second, and the network linear, which makes it the first, with $b$ the
mean. Your slider breaks the first assumption, section 2 the second. Of a normal distribution what is likely beside $x_S$ has
a closed form (Aas, Jullum and Løland 2021): with mean $\mu$ and covariance $\Sigma$ it is normal again, around

$$\mu_{\bar S} + \Sigma_{\bar S S}\, \Sigma_{SS}^{-1} (x_S - \mu_S)$$

All three are Shapley values, of three games, and share out $f(x) - f(\text{nothing known})$ to the last cent. They differ in
one promise: that a column which the network does not use gets nothing (*dummy*) is kept by the first two, and not by the
third (Sundararajan and Najmi 2020).

**Its limits.** Conditional values need the distribution of the columns, which is known here and guessed elsewhere. A normal
one is a guess as well; `conditional="empirical"` takes rows that are near instead, and needs many.

### Exercise 1: what is likely, by hand

Two columns are normal with these means, standard deviations and correlation. What is the second one, on average, where the
first is `x`?

<details><summary>A hint</summary>

How many of its standard deviations is `x` away from its mean? The second column goes along by the correlation's share of that, in
standard deviations of its own.

</details>
"""


# %% only=student tags=exercise
def expected(x, means, spreads, correlation):
    """Return the mean of the second column where the first is x."""


check.expected(expected)


# %% only=wrong tags=wrong
def expected(x, means, spreads, correlation):
    """Return the mean of the second column where the first is x."""
    return means[1] + correlation * spreads[0] / spreads[1] * (x - means[0])


check.expected(expected)


# %% only=solution tags=solution
def expected(x, means, spreads, correlation):
    """Return the mean of the second column where the first is x."""
    return means[1] + correlation * spreads[1] / spreads[0] * (x - means[0])


check.expected(expected)

# %% [markdown]
r"""
### Exercise 2: a share for nothing

The network says $f(z) = w z_2$ and does not read $z_1$. Both columns are standard normal, with correlation `r`. Write down the
two conditional Shapley values of a row `(x1, x2)`: there are only two orders.

<details><summary>A hint</summary>

With nothing known $f$ is 0 on average. With $z_1 = x_1$ alone it is $w$ times what you found in exercise 1.

</details>
"""


# %% only=student tags=exercise
def shares(x1, x2, w, r):
    """Return the conditional Shapley values of both columns."""


check.shares(shares)


# %% only=wrong tags=wrong
def shares(x1, x2, w, r):
    """Return the conditional Shapley values of both columns."""
    told = w * r * x1
    return told, w * x2 - told


check.shares(shares)


# %% only=solution tags=solution
def shares(x1, x2, w, r):
    """Return the conditional Shapley values of both columns."""
    told = w * r * x1  # what the first tells of the second, where it comes first
    return told / 2, w * x2 - told / 2


check.shares(shares)

# %% [markdown]
r"""
## 2. What a network is asked there

The marginal way joins columns of one person with those of another. How far from all people may that lead? We count the joined
rows that lie farther out than 99 % of the people, in the distance of Mahalanobis, which knows the correlation.

> **Predict.** With a correlation of 0.9: how many of the rows that a network is asked about are farther out than that?
"""


# %%
def strange(rows, seed=1):
    """Return the share of joined rows that lie farther out than 99 % of the rows."""
    random = np.random.default_rng(seed)
    inverse = np.linalg.inv(np.cov(rows.T))

    def far(some):
        return np.einsum("ri,ij,rj->r", some, inverse, some)

    one, other = rows[random.integers(0, len(rows), (2, 4000))]
    joined = np.where(random.random(one.shape) < 0.5, one, other)
    return (far(joined) > np.quantile(far(rows), 0.99)).mean()


shares_outside = {r: strange(xai.correlated(background, (0, 1), r)) for r in (0.0, 0.9)}
print(", ".join(f"correlation {r}: {share:.0%} far out" for r, share in shares_outside.items()))
assert shares_outside[0.0] < 0.03
assert shares_outside[0.9] > 0.05

# %% [markdown]
r"""
**What it shows.** Where columns go together, the marginal way asks the network about people that do not exist, one in seven or
so here. A straight line answers there as everywhere. A network that was trained on people may answer anything there. So the
baseline and the marginal way are *true to the model*: they say what it computes, also where nobody ever is. The conditional
one is *true to the data*: it asks only about what occurs, and pays for that with shares for columns that are not read (Chen,
Janizek, Lundberg and Lee 2020).

## 3. Fair decisions

Past decisions were made on 1500 people. Half of them are in *our* group. A decision should go by skill and practice; those in
the table went by the group as well. There is a district, too: who is in the group mostly lives in the one end of the town. We
train three small networks: one on all columns, one that cannot read the group, and one that reads all of it and pays for any
difference between the groups' mean scores.

Two measures. The *demographic parity difference* is how much more often our group has a yes. The *equalised odds difference*
is the same among those who deserve a yes, or among those who do not, whichever is larger (Hardt, Price and Srebro 2016).

> **Predict.** The second network has never seen the group. Does it favour it all the same? And which of the three meanings of
> "without" will say so of the column `group`?
"""

# %%
past = decisions.decisions(1500, bias="group", seed=0)
people = decisions.decisions(1000, bias="group", seed=1)
kinds = {
    "all columns": decisions.trained(past.rows, past.decided, seed=0),
    "without the group": decisions.trained(past.rows, past.decided, without_group=True, seed=0),
    "made fair": decisions.trained(past.rows, past.decided, fairness=10, seed=0),
}
judges = {
    name: xai.wrap(
        decisions.network(lab, weights),
        classes=decisions.CLASSES,
        features=decisions.COLUMNS,
        bounds=None,
        input_shape=(4,),
    )
    for name, weights in kinds.items()
}
measured = {}
for name, judge in judges.items():
    yes = judge.scores(people.rows).argmax(axis=1) == 1
    measured[name] = (
        decisions.parity_difference(yes, people.ours),
        decisions.odds_difference(yes, people.ours, people.deserved),
        (yes == people.deserved).mean(),
    )
Table(
    ["network", "parity difference", "odds difference", "right, by what was deserved"],
    [[name, f"{parity:.1f}", f"{odds:.1f}", f"{right:.1f}"] for name, (parity, odds, right) in measured.items()],
    "Other people, whom no network was trained on.",
)

# %%
assert measured["without the group"][0] > 0.4
assert measured["without the group"][1] > 0.4
assert measured["made fair"][0] < 0.5 * measured["without the group"][0]
assert measured["made fair"][2] > measured["without the group"][2]

# %% [markdown]
r"""
**What it shows.** To take the protected column away hardly helps: the network goes by the district, which tells nearly the
same. Who pays for the difference treats both groups more alike, and is more often right by what people deserved, because what
the past decided was not.

Now ask the Shapley values: for each column, how much more it brings to a yes for people of our group than for the others, on
average.
"""

# %%
rows, asked = past.rows[:80], people.rows[:40]
ours = people.ours[:40]
quantity = xai.Margin("yes", "no")
gaps = {}
for name, judge in judges.items():
    found = three(judge, asked, rows, quantity, draws=32)
    for way in ("marginal", "conditional"):
        gaps[name, way] = found[way][ours].mean(axis=0) - found[way][~ours].mean(axis=0)
Table(
    ["network", "without", *decisions.COLUMNS],
    [[name, way, *(f"{value + 0:.0f}" for value in gap.round())] for (name, way), gap in gaps.items()],
    "How much more each column brings to a yes, for our group than for the others.",
)

# %%
blind, fair = gaps["without the group", "marginal"], gaps["made fair", "conditional"]
told = gaps["without the group", "conditional"]
assert abs(blind[decisions.GROUP]) < 1e-3
assert blind[decisions.DISTRICT] > 1
assert told[decisions.GROUP] > 0.2 * told[decisions.DISTRICT]
assert gaps["all columns", "marginal"][decisions.GROUP] > 3 * abs(gaps["all columns", "marginal"][decisions.DISTRICT])
assert abs(fair[decisions.GROUP]) < 0.3 * told[decisions.GROUP]

# %% [markdown]
r"""
**What it shows.** Of the network that cannot read the group the marginal way says, rightly, that the group is not used: 0. It
points at the district instead. The conditional way gives the group a large share: who knows the group, knows much of what the
network will say. Neither is wrong. *Does the network use the protected column?* is a question to the model, and the marginal
way answers it; *does its answer go along with it?* is one to the data, and there the conditional way does.

> **Predict.** Look at single people. The network is the one that cannot read the group, and you drag how much group and district go
> together in the background. At 0: what is the group's share, marginally and conditionally?
"""

# %%
xai.without(
    judges,
    people.rows[:8],
    past.rows[:200],
    network="without the group",
    target="yes",
    first="group",
    second="district",
    options={"draws": 64},
)

# %% [markdown]
r"""
**Its limits.** A share for the group is no proof of unfairness: skill might differ between groups, and would then give it one,
too. Nor is a share of 0 a proof of the contrary, as you have seen. The measures on top look at what is decided, and at nothing
else; they contradict each other where groups differ in what they deserve, so that somebody has to choose. The group has two
values, which a normal distribution does not know.

### Exercise 3: which of the three?

Write a function that takes one of these questions and says "marginal" or "conditional":

- `"does the network read the protected column?"`
- `"which column do I change so that the network changes its answer?"`
- `"can its answers be told from the protected column?"`
- `"what would a reader of the answers learn from each column?"`

<details><summary>A hint</summary>

Ask of each whether anything is *changed*, or only *read*.

</details>
"""


# %% only=student tags=exercise
def way(question):
    """Return which meaning of "without" answers a question."""


check.way(way)


# %% only=wrong tags=wrong
def way(question):
    """Return which meaning of "without" answers a question."""
    return "conditional" if "protected column" in question else "marginal"


check.way(way)


# %% only=solution tags=solution
def way(question):
    """Return which meaning of "without" answers a question."""
    to_the_data = ("told from" in question) or ("learn" in question)
    return "conditional" if to_the_data else "marginal"


check.way(way)

# %% [markdown]
r"""
## What to remember

- A Shapley value needs to know what the network answers *without* a column, and there is more than one answer: one row, any
  row, or rows that are likely beside the rest.
- While columns do not go together, all agree for a network that is a line. Where they do, a column that is not read may have a
  conditional value, and the marginal way asks about rows that do not occur.
- Whoever shows a Shapley value says which one it is.
- To leave the protected column out makes no decision fair: others tell it. Measure what is decided.

## Further reading

- Lundberg, Lee (2017), A Unified Approach to Interpreting Model Predictions.
- Sundararajan, Najmi (2020), The Many Shapley Values for Model Explanation.
- Janzing, Minorics, Blöbaum (2020), Feature Relevance Quantification in Explainable AI: A Causal Problem.
- Chen, Janizek, Lundberg, Lee (2020), True to the Model or True to the Data?
- Aas, Jullum, Løland (2021), Explaining Individual Predictions When Features Are Dependent.
- Hardt, Price, Srebro (2016), Equality of Opportunity in Supervised Learning.
"""
