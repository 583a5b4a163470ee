# %% [markdown]
r"""
# 9. Shapley values: a fair share for every feature

{{badges}}

**Aim.** Three features made a price together. How much did each of them make? You work the one fair answer out by
hand, order by order; then you let chance choose the orders, because there are too many; then you get the same numbers
from a weighted line through coalitions, which is KernelSHAP. At the end all three explain a network.

**Time.** 45 to 60 minutes: the house 15, the formula and its promises 10, sampling 10, KernelSHAP 10, a network 10.

**You need** lesson 8 (taking features away). No GPU, and no training on MNIST: the network comes with the course.
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
from xai_course import lesson_09 as check
from xai_course import reading
from xai_course.plots import COLORS, Plot, Table, curve

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
## 1. The price of a house

A model says: a house that is 40 years old, with 3 rooms, in the centre of San Francisco, costs 500,000 dollars. What
did the age, the rooms and the location contribute? (The example is that of a lecture on Captum. It names only the
price of the whole house; the other prices are ours.)

We have to say what the model would answer when it does not know a feature. With nothing known it names the price of a
middling house. In thousands of dollars:

| it knows | answer | | it knows | answer |
|---|---|---|---|---|
| nothing | 200 | | age and rooms | 230 |
| age | 170 | | age and location | 350 |
| rooms | 260 | | rooms and location | 440 |
| location | 320 | | all three | 500 |

> **Predict.** When all it knows is that the house is old, the model goes down from 200 to 170. Did the age lower the
> price of *this* house as well?

Let the features come in one after the other, and see what each one brings. It depends on the order, so go through all
six. *Next* lets one feature in, *Play* does so by itself, and the slider goes to another order.
"""

# %%
house = xai.Game(
    ["age", "rooms", "location"],
    {
        (): 200,
        ("age",): 170,
        ("rooms",): 260,
        ("location",): 320,
        ("age", "rooms"): 230,
        ("age", "location"): 350,
        ("rooms", "location"): 440,
        ("age", "rooms", "location"): 500,
    },
)
xai.walk(house, worth="price", prefix="$", suffix="k")

# %%
rows = [
    [" → ".join(order.players), *(f"{order.contributions[player]:+.0f}" for player in house.players)]
    for order in house.orders()
]
shares = house.shapley()
Table(
    ["order", *house.players],
    [*rows, ["average", *(f"{share:+.0f}" for share in shares.values())]],
    "What each feature adds, in each order.",
)

# %% [markdown]
r"""
**What it shows.** Where the age comes before the location, it costs 30. Where it comes after, it brings 30 or 60: an
old house in the centre may be a Victorian one, which people like. So "what did the age contribute?" has no answer
until you say *after what*. Averaged over all orders it is +10: for *this* house the age was no drawback.

**The idea.** With $N$ the set of features and $F(S)$ the answer when those in $S$ are known, the Shapley value of
feature $i$ (Shapley 1953) is

$$\phi_i = \sum_{S \subseteq N \setminus \{i\}} \frac{|S|!\,(|N| - |S| - 1)!}{|N|!}\, \bigl[F(S \cup \{i\}) - F(S)\bigr]$$

In words: what $i$ adds to a coalition, averaged; the weight counts the orders in which just this coalition is in
before $i$ comes: those in $S$ in any order, then $i$, then the others in any order. It is the only way of sharing
that keeps four promises: **efficiency** (the shares sum to what all make together), **symmetry** (who adds the same
gets the same), **dummy** (who never adds anything gets nothing), and **linearity** (the shares in a sum of two games
are the sums of the shares).
"""

# %%
total = house.value("age", "rooms", "location") - house.value()
print("efficiency:", sum(shares.values()) == total)
assert abs(sum(shares.values()) - total) < 1e-9

lottery = xai.Game(
    house.players, lambda known: 100 * ("rooms" in known) * ("location" in known)
)  # age is a dummy, the others are alike
apart = lottery.shapley()
print("dummy:", apart["age"] == 0, " symmetry:", apart["rooms"] == apart["location"])
assert apart["age"] == 0
assert apart["rooms"] == apart["location"] == 50

both = xai.Game(house.players, lambda known: house.value(*known) + lottery.value(*known)).shapley()
print("linearity:", all(abs(both[player] - shares[player] - apart[player]) < 1e-9 for player in house.players))
assert all(abs(both[player] - shares[player] - apart[player]) < 1e-9 for player in house.players)

# %% [markdown]
r"""
**Its limits.** The table is the hard part. What does a model answer *without* the rooms? Here we made it up. For a
network one has to put something in the place of what is unknown, and the answer depends on what.

### Exercise 1: the average by hand

Write the function that gives the Shapley values of any small game. `game.orders()` gives the orders;
`order.contributions` is a dict from each player to what it adds in that order.

<details><summary>A hint</summary>

Add up what a player adds over all orders, and divide by how many orders there are. Do not average over coalitions:
they have different weights.

</details>
"""


# %% only=student tags=exercise
def my_shapley(game): ...  # return a dict from player to value


check.shapley_by_hand(my_shapley)


# %% only=wrong tags=wrong
def my_shapley(game):
    values = {}
    for player in game.players:
        added = [
            game.value(*coalition, player) - game.value(*coalition)
            for coalition in game.coalitions()
            if player not in coalition
        ]
        values[player] = sum(added) / len(added)  # every coalition with the same weight
    return values


check.shapley_by_hand(my_shapley)


# %% only=solution tags=solution
def my_shapley(game):
    orders = list(game.orders())
    return {player: sum(order.contributions[player] for order in orders) / len(orders) for player in game.players}


check.shapley_by_hand(my_shapley)

# %% [markdown]
r"""
## 2. Too many orders: sampling

Three features have 6 orders, ten have 3.6 million, and a picture has many more features than that. Castro, Gómez and
Tejada (2009) draw orders at random and average what they see. How wrong is that? The standard error tells: the spread
of what a player adds, divided by the square root of how many orders were drawn. Four times as many orders halve it.

A trick for the same price: after each order take the same one *backwards*. Who came early now comes late, and a part
of the error cancels. (These are antithetic samples, Hammersley and Morton 1956; Mitchell, Cooper, Frank and Holmes 2022
compare them with other ways to draw orders for Shapley values.)

> **Predict.** By how much does the trick lower the error for our house: not at all, by a third, or by more than half?
"""

# %%
exact = np.array(list(shares.values()))


def error(antithetic, samples, seeds=range(40)):
    """Return the root mean square error over many seeds."""
    found = []
    for seed in seeds:
        *_, last = house.sample(samples, seed, antithetic=antithetic)
        found.append(list(last.values.values()))
    return float(np.sqrt(np.mean((np.array(found) - exact) ** 2)))


samples = [2, 4, 8, 16, 32, 64]
plain, pairs = ([error(antithetic, count) for count in samples] for antithetic in (False, True))
figure = curve("Error of the sampled values", "orders", "error (thousand dollars)", x_type="log", y_type="log")
figure.line(samples, plain, color=COLORS[0], legend_label="orders at random", line_width=2)
figure.line(samples, pairs, color=COLORS[1], legend_label="each with its reverse", line_width=2)
ratio = np.mean(np.array(pairs) / np.array(plain))
print(f"Four times as many orders: the error falls to about half: {0.35 < plain[-1] / plain[-3] < 0.7}")
print(f"With the reverse of each order it is smaller: {ratio < 0.9}")
assert 0.35 < plain[-1] / plain[-3] < 0.7
assert ratio < 0.9
Plot(figure, "The error falls with the square root of the number of orders, and lies lower with antithetic pairs.")

# %%
*_, last = house.sample(64, antithetic=False)
rows = [
    [player, f"{shares[player]:+.0f}", f"{last.values[player]:+.0f} ± {last.standard_error[player]:.0f}"]
    for player in house.players
]
assert all(
    abs(last.values[player] - shares[player]) < 4 * last.standard_error[player] + 1e-9 for player in house.players
)
Table(["feature", "exact", "64 orders at random"], rows)

# %% [markdown]
r"""
### Exercise 2: how long to wait

After `samples` orders the standard error is `error`. Write the function that says how many orders it takes to bring
it down to `wanted`.

<details><summary>A hint</summary>

The error goes with one divided by the *square root* of the number of orders.

</details>
"""


# %% only=student tags=exercise
def my_samples(error, samples, wanted): ...  # your line


check.samples_needed(my_samples)


# %% only=wrong tags=wrong
def my_samples(error, samples, wanted):
    return samples * error / wanted


check.samples_needed(my_samples)


# %% only=solution tags=solution
def my_samples(error, samples, wanted):
    return samples * (error / wanted) ** 2


check.samples_needed(my_samples)

# %% [markdown]
r"""
## 3. A line through the coalitions: KernelSHAP

There is another way to the same numbers (Lundberg and Lee 2017; the weights go back to Charnes, Golany, Keane and
Rousseau 1988). Look for the *additive* game that comes closest to ours:

$$F(S) \approx F(\varnothing) + \sum_{i \in S} \phi_i, \qquad \text{weight of } S: \quad \frac{|N| - 1}{\binom{|N|}{|S|}\,|S|\,(|N| - |S|)}$$

In words: a weighted least squares fit; the smallest and the largest coalitions count most. For nobody and for all the
weight is infinite: there the line has to pass exactly. With every coalition in the fit the $\phi_i$ *are* the Shapley
values. With some of them it is an estimate, often a better one than orders at random for the same price.
"""

# %%
*_, fitted = house.kernel(samples=6)  # 2^3 - 2: all coalitions but nobody and everybody
print("All coalitions:", all(abs(fitted.values[player] - shares[player]) < 1e-6 for player in house.players))
assert all(abs(fitted.values[player] - shares[player]) < 1e-6 for player in house.players)

# %% [markdown]
r"""
## 4. A network

Now the players are squares of a picture, and a square that is out is painted black. The network reads digits, as in
lesson 1. Nine squares of 10 pixels have 512 coalitions; the exact values take that many passes.
"""

# %%
digits = xai_course.load_digits()
print(digits)
network = reading.network(lab, digits)
answers = lab.predict(network, digits.x_test).argmax(axis=1)
chosen = [np.flatnonzero((digits.y_test == digit) & (answers == digit))[0] for digit in (4, 3, 8)]
pictures = digits.x_test[chosen]
inputs = lab.layout(pictures)
model = xai.wrap(network, classes=digits.classes, bounds=(0, 1), input_shape=inputs.shape[1:])

squares = {"features": "squares", "size": 10}
question = xai.Margin("4", "9")
truth = xai.ExactShapley(**squares)(model, inputs[0], quantity=question)
sampled = xai.ShapleySampling(**squares, samples=64)(model, inputs[0], quantity=question)
kernel = xai.KernelShap(**squares, samples=510)(model, inputs[0], quantity=question)
size = np.abs(truth.values).max()
print(f"KernelSHAP with all 510 coalitions is exact: {np.abs(kernel.values - truth.values).max() < 1e-3 * size}")
print(f"64 orders come within 15 %: {np.abs(sampled.values - truth.values).max() < 0.15 * size}")
assert np.abs(kernel.values - truth.values).max() < 1e-3 * size
assert np.abs(sampled.values - truth.values).max() < 0.15 * size

empty = [
    np.s_[top : top + 10, left : left + 10]
    for top in (0, 10, 20)
    for left in (0, 10, 20)
    if pictures[0].squeeze()[top : top + 10, left : left + 10].max() == 0
]
print(f"Empty squares get nothing: {all(abs(truth.map[square]).max() < 1e-5 for square in empty)}")
assert all(abs(truth.map[square]).max() < 1e-5 for square in empty)

# %% [markdown]
r"""
> **Predict.** Why 4 *rather than* 9? Which square will have the largest value: one with ink in it, or an empty one?

Make the squares smaller with *Size*, under *Settings*: there are too many coalitions to count them all, and the values
are sampled. Watch *within*, below the picture, fall as the orders come in. *Stop at*, under *More*, ends the sampling
when it is small enough. Set *Size* back to 10, and *Baseline* to *white*. Last, compare with the methods *KernelSHAP* and
*Shapley values*, which is exact; each has settings of its own, so set *Features* to *squares* and *Size* to 10 there
as well.
"""

# %%
xai.explore(model, pictures, method=xai.ShapleySampling(**squares, samples=256), target="4", contrast="9")

# %% [markdown]
r"""
**What it shows.** Empty squares get nothing: painting black black changes nothing. The gap on top of the 4, which is
what tells it from a 9, is invisible. With a *white* baseline it is the other way round: a square that is out is full
of ink, and now the gap has the largest value of all. What a method calls "out" decides what it can see.

**Its limits.** A square that is out leaves a picture that nobody wrote: a 4 with a hole in it. The network has never
seen such pictures, and what it says about them goes into every value (Kumar, Venkatasubramanian, Scheidegger and
Friedler 2020). And the cost: hundreds of passes for a few squares.

## 5. A table

For tables the features are the columns. Here is a formula for prices in place of a network, of three standardised
columns: 0 is a middling house, and 1 stands for old, for many rooms, and for the centre.

> **Predict.** The first house is that of section 1. The second is as old and as large, but at the edge of town. Does
> its age raise its price, or lower it?

Step through the three houses at the left.
"""


# %%
def price(t):  # thousands of dollars; an old house is worth more in the centre
    age, rooms, location = t[:, 0], t[:, 1], t[:, 2]
    worth = (
        200
        - 30 * age
        + 60 * rooms
        + 120 * location
        + 60 * age * location
        + 60 * rooms * location
        + 30 * age * rooms * location
    )
    return worth[:, None]


houses = np.array([[1, 1, 1], [1, 1, -0.5], [-1, 0.5, 0.2]], np.float32)
appraiser = xai.wrap(
    price,
    backend=lab.BACKEND,
    input_shape=(3,),
    bounds=None,
    outputs="values",
    classes=["price"],
    features=["age", "rooms", "location"],
)
values = xai.ExactShapley(baseline=0.0)(appraiser, houses).values
print("age, rooms, location:", ", ".join(f"{value:+.0f}" for value in values[0]))
assert np.abs(values[0] - [10, 100, 190]).max() < 0.01
assert np.abs(values[1] - [-50, 40, -95]).max() < 0.01

xai.explore(appraiser, houses, method="shapley_exact", baseline=0.0)

# %% [markdown]
r"""
**What it shows.** The first house has the values of section 1: a column at 0 is what *not knowing* it was there. At
the edge of town the same age lowers the price by 50: an old house there is just old. The value of a feature belongs
to one house, and not to the feature.

## What to remember

- What a feature contributes depends on what is there already. The Shapley value averages over all orders.
- It is the only share that keeps efficiency, symmetry, dummy and linearity.
- Sampled values have an error; it falls with the square root of the work, and tricks that cost nothing lower it. Say
  it with the result.
- KernelSHAP is a weighted fit, and exact when every coalition is in it.
- "Out" has to mean something. It is the choice that matters most, and the one least talked about.

## Further reading

- L. S. Shapley (1953), *A Value for n-Person Games*, Contributions to the Theory of Games II.
- J. Castro, D. Gómez, J. Tejada (2009), *Polynomial calculation of the Shapley value based on sampling*, Computers &
  Operations Research.
- R. Mitchell, J. Cooper, E. Frank, G. Holmes (2022), *Sampling Permutations for Shapley Value Estimation*, Journal of
  Machine Learning Research 23. J. M. Hammersley, K. W. Morton (1956), *A new Monte Carlo technique: antithetic
  variates*.
- S. M. Lundberg, S.-I. Lee (2017), *A Unified Approach to Interpreting Model Predictions*, NeurIPS.
- I. E. Kumar, S. Venkatasubramanian, C. Scheidegger, S. Friedler (2020), *Problems with Shapley-value-based
  explanations as feature importance measures*, ICML.
"""
