# %% [markdown]
r"""
# 10. Contrastive explanations: why a 4, and not a 9?

{{badges}}

**Aim.** People rarely ask "why this?". They ask "why this *rather than that*?", and they are content with what would
have to be different. You learn two ways to answer them: any method on the difference of two scores, and the smallest
change that makes the answer another one. And you see that a good explanation needs a good model.

**Time.** 35 to 45 minutes: rather than 10, what must not be there 10, what must be there 10, two networks 5,
exercises 10.

**You need** lesson 1 (the digits); lesson 4 (robust networks) helps. No GPU. On MNIST nothing is trained; on its
stand-in two small networks are.
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
from xai_course import gloro
from xai_course import lesson_10 as check
from xai_course.plots import Table, gallery

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
Two networks of lesson 4 read the digits: a standard one, and one that was trained so that no small change can move
its answer.
"""

# %%
digits = xai_course.load_digits(train=1400)
print(digits)
networks = gloro.digit_networks(digits, BACKEND, kinds=("ReLU", "robust"))
names = {"standard": networks["ReLU"], "robust": networks["robust"]}
read = [lab.predict(network, digits.x_test[:2000]).argmax(axis=1) == digits.y_test[:2000] for network in names.values()]
chosen = [np.flatnonzero((digits.y_test[:2000] == digit) & read[0] & read[1])[0] for digit in range(10)]
pictures = digits.x_test[chosen]
inputs = lab.layout(pictures)
models = {
    name: xai.wrap(network, classes=digits.classes, bounds=(0, 1), input_shape=inputs.shape[1:])
    for name, network in names.items()
}
four = inputs[4]

# %% [markdown]
r"""
## 1. Rather than what?

The question "why a 4?" has the whole world on its other side. "Why a 4 rather than a 9?" has one digit there. The
score to explain is then the **margin**:

$$q(x) = F_4(x) - F_9(x)$$

Every method of this course takes it: gradients, rules, covering, Shapley values.

> **Predict.** Why a 4 rather than a 9? Will the map point at ink, or at a place without any? And rather than a 1?

The baseline is grey, so that places without ink can count as well: with a black one they get nothing (lesson 9). In
the sentence on top choose *rather than* 9, then 1, then nothing else.
"""

# %%
xai.explore(models["robust"], pictures, method="integrated_gradients", target="4", contrast="9", index=4, baseline=0.5)

# %%
ways = {
    "integrated gradients": xai.IntegratedGradients(steps=16, baseline=0.5),
    "occlusion": xai.Occlusion(window=5, stride=3),
    "Shapley values": xai.ExactShapley(features="squares", size=10),
}
for name, way in ways.items():
    one, other = (way(models["robust"], four, quantity=xai.Logit(digit)).values for digit in ("4", "9"))
    rather = way(models["robust"], four, quantity=xai.Margin("4", "9")).values
    apart = np.abs(rather - (one - other)).max() / np.abs(rather).max()
    print(f"{name}: the margin's map and the difference of the two are {apart:.3f} of the largest value apart.")
    assert apart < 1e-3

# %% [markdown]
r"""
**What it shows.** Rather than a 9: the gap on top, where a 9 has ink and a 4 has none. Rather than a 1: the bar and
the left arm, which a 1 does not have, count as well. One picture and one answer, and two reasons, because there were
two questions.

**The idea.** People's questions are contrasts, even where they do not say so (Miller 2019), and a margin says it.
Where a method is linear in the score, the map of a margin is the difference of two maps, $a(F_4 - F_9) = a(F_4) -
a(F_9)$: what speaks for both digits alike cancels.

**Its limits.** A margin needs the other class. Often the one people have in mind is the runner-up, but not always:
ask.

## 2. What must not be there: the pertinent negative

A doctor says: it is a cold, because there is *no* fever. What is *absent* can be the reason. A **pertinent negative**
(Dhurandhar and others 2018) is the least that would have to be *added* so that the answer is another one:

$$\min_{\delta} \; c \cdot \max\bigl(F_t(x + \delta) - \max_{k \ne t} F_k(x + \delta),\, -\kappa\bigr) + \lVert \delta \rVert_2^2 + \beta \lVert \delta \rVert_1, \qquad \delta \ge 0$$

In words: more ink only, as little as possible and in few places, and the class $t$ must lose its lead. (The authors
add a term that keeps the change likely under an autoencoder. We leave it out; section 4 shows what takes its place.)

> **Predict.** What would you add to this 4 to make it a 9? What will each of the two networks add?
"""

# %%
xai.explore(models, pictures, method="pertinent_negative", index=4)

# %%
added = {name: xai.PertinentNegative(steps=60, searches=5)(model, inputs) for name, model in models.items()}
for name, result in added.items():
    answered = models[name].scores(result.altered).argmax(axis=1)
    print(
        f"{name}: found for {result.found.sum()} of ten digits; the answers are then {', '.join(map(str, answered))}."
    )
    assert result.found.sum() >= 9
    assert (answered != np.arange(10))[result.found].all()
    assert result.values.min() >= 0
    assert result.altered.max() <= 1 + 1e-6

gallery(
    [
        list(pictures),
        *(
            [np.moveaxis(one, 0, -1) if BACKEND == "torch" else one for one in result.altered]
            for result in added.values()
        ),
    ],
    rows=["digit", *(f"{name}:\nmore ink" for name in added)],
    side=72,
    sentence="Ten digits, and the least ink that makes each of the two networks answer another digit.",
)

# %% [markdown]
r"""
**What it shows.** The robust network closes the gap on top of the 4: then it is a 9, for us as well. (Not all of its
changes are so clear.) The standard network begins there too, but a faint trace and some dust are enough, and we still
read the same digit. That *is* the truth about this network: dust changes its mind. The explanation is right; the
model is not what we had hoped.

### Exercise 1: does it hold?

A claim should be checked by somebody who did not make it. Write the function that says whether `changed` is a
pertinent negative of `x`: `answer` is a function from a picture to the network's answer.

<details><summary>A hint</summary>

Three things: the answer is another one; nothing was taken away; no pixel is brighter than 1.

</details>
"""


# %% only=student tags=exercise
def my_check(answer, x, changed): ...  # return True or False


check.claim(my_check)


# %% only=wrong tags=wrong
def my_check(answer, x, changed):
    return answer(changed) != answer(x)


check.claim(my_check)


# %% only=solution tags=solution
def my_check(answer, x, changed):
    return bool(answer(changed) != answer(x) and (changed >= x).all() and (changed <= 1).all())


check.claim(my_check)

# %% [markdown]
r"""
## 3. What must be there: the pertinent positive

The other half: the *least of the ink* that is enough for the answer. Everything else may be wiped out.

> **Predict.** How much of a 4 does a network need to call it a 4?

The slider *Confidence* asks for a clear lead, not just the first place.
"""

# %%
xai.explore(models, pictures, method="pertinent_positive", index=4, confidence=2)

# %%
kept = {
    name: xai.PertinentPositive(confidence=2, steps=60, searches=5)(model, inputs) for name, model in models.items()
}
shares = {name: float(np.abs(result.values).sum() / inputs.sum()) for name, result in kept.items()}
for result in kept.values():
    assert result.found.all()
    assert (np.abs(result.values) <= inputs + 1e-6).all()
for name, share in shares.items():
    print(f"The {name} network needs {share:.1%} of the ink.")
assert shares["standard"] < 0.1
assert digits.is_stand_in or shares["robust"] > 1.2 * shares["standard"]

# %% [markdown]
r"""
**What it shows.** The coloured ink is what is kept, and the scale tells how bright: it is a faint trace, far less
than anybody would have thought. Between the ten digits nothing else is possible: whoever must choose one of ten calls
a faint trace *something*. The explanation shows that the network knows no "none of these".

## 4. Quality explanations require quality models

> **Predict.** For which network is more ink needed to change the answer?
"""

# %%
norms = {name: np.sqrt((result.values.reshape(10, -1) ** 2).sum(axis=1)) for name, result in added.items()}
rows = [[name, f"{np.median(norm):.2f}"] for name, norm in norms.items()]
assert np.median(norms["robust"]) > 1.1 * np.median(norms["standard"])
Table(["network", "size of the change (l2)"], rows, "Median over the ten digits.")

# %% [markdown]
r"""
**What it shows.** For the robust network small changes do not do: the bound of lesson 4 forbids it. So the search has
to find something *large*, and what is large and cheap is a stroke. This is the role that the autoencoder has in the
paper: it forbids dust from outside. Robust training forbids it from within.

**Its limits.** The search is a descent: it finds *a* small change, and not the smallest. When it finds none, that
proves nothing.

### Exercise 2: the least change of a linear model

For a linear score $f(x) = w^\top x + b$ the smallest change (in l2) that brings it to zero can be written down. Write
it: `w`, `b` and `x` are given.

<details><summary>A hint</summary>

Go straight against $w$. How far? After the step the score must be zero: $f(x) + w^\top \delta = 0$.

</details>
"""


# %% only=student tags=exercise
def my_change(w, b, x): ...  # your line


check.linear_change(my_change)


# %% only=wrong tags=wrong
def my_change(w, b, x):
    return -(w @ x + b) * w / np.linalg.norm(w)


check.linear_change(my_change)


# %% only=solution tags=solution
def my_change(w, b, x):
    return -(w @ x + b) * w / (w @ w)


check.linear_change(my_change)

# %% [markdown]
r"""
## What to remember

- "Why?" means "why rather than ...?". Say rather than what.
- A margin is a score like any other: all methods take it.
- A pertinent negative says what must not be there, a pertinent positive what is enough. Both can be checked with one
  more pass.
- If the smallest change is dust, the explanation is not at fault.

## Further reading

- A. Dhurandhar, P.-Y. Chen, R. Luss, C.-C. Tu, P. Ting, K. Shanmugam, P. Das (2018), *Explanations based on the
  Missing*, NeurIPS.
- T. Miller (2019), *Explanation in Artificial Intelligence: Insights from the Social Sciences*, Artificial
  Intelligence 267: why people ask for contrasts.
- S. Wachter, B. Mittelstadt, C. Russell (2018), *Counterfactual Explanations without Opening the Black Box*, Harvard
  Journal of Law & Technology.
"""
