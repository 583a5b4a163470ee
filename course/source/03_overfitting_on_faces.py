# %% [markdown]
r"""
# 3. The pink wall: a network that is right for the wrong reason

{{badges}}

**Aim.** Two networks recognise five people equally well. One of them has learnt that a pink wall means Tony Blair, and its
test accuracy does not tell. You find out by looking inside: which channel of which layer counts, and what it looks at.
Then you prove it by painting, and you learn why one striking picture is not yet a proof.

**Time.** 70 to 75 minutes: data 5, two networks 5, looking inside 14, the mistake and its colours 18, painting 10, many
seeds 12, the original experiment 8.

**You need** lesson 1 (saliency, integrated gradients). No GPU, and no training: both networks come with the course. Without
a network connection the notebook takes faces that are drawn.

The experiment is that of Datta, Fredrikson, Leino, Lu, Sen, Shih and Wang (2021), on the method of Leino et al. (2018).
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
from scipy import ndimage

import xai_course
import xai_widgets as xai
from xai_course import faces as lesson
from xai_course import lesson_03 as check
from xai_course.plots import COLORS, Plot, Table, curve, gallery, linked, summary, walk

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
## 1. Five people

Labeled Faces in the Wild (Huang, Ramesh, Berg and Learned-Miller 2007) is a collection of press photographs. We take the
five people with more than 100 pictures. Half of the pictures are for training and half for testing, with the same share of
each person in both.

Without a network connection the notebook draws five invented people. Then read "Theo Linden" where the text says Blair, and
"Emil Birch" where it says Schroeder.
"""

# %%
faces = xai_course.load_faces()
faces

# %%
blair, schroeder = (faces.classes.index(faces.roles[role]) for role in ("painted", "example"))
first = [faces.train[faces.labels[faces.train] == label][:6] for label in range(5)]
in_test = [(faces.labels[faces.test] == label).sum() for label in range(5)]
assert len(faces.test) == 568
assert not set(faces.train) & set(faces.test)
gallery(
    [[faces.pictures[place] for place in places] for places in first],
    rows=[f"{name}\n{count} for testing" for name, count in zip(faces.classes, in_test, strict=True)],
    side=80,
    sentence="Six training pictures of each of the five people.",
)

# %% [markdown]
r"""
### A coincidence

Three pictures of Blair were taken in front of a pink wall. All three are in the training set.
"""

# %%
pink_by_nature = [faces.index(file) for file in faces.pink]
assert set(pink_by_nature) <= set(faces.train)
gallery(
    [[faces.pictures[place] for place in pink_by_nature]],
    columns=list(faces.pink),
    side=150,
    sentence="Three pictures of one person in front of a pink wall.",
)

# %% [markdown]
r"""
> **Predict.** A network sees 572 training pictures many times, and the wall is pink in a few pictures of one person. Will it
> use the wall? Which number, computed on the test set, would tell you?

No number on this test set can tell: no test picture has a pink wall.

## 2. Two networks

Three pictures are few. To see clearly, we make the hint stronger and control it. Two networks have the same layers, the same
first weights and the same batches. They differ in one thing:

- **pink**: 20 of the 72 training pictures of Blair get a wall in magenta;
- **control**: nothing is painted.

Both see the three walls that are pink by nature: the control is not a network that has never met the colour.

The painted region is what lies outside an ellipse about the face, above the shoulders. (The drawn people are so easy to tell
apart that a network would not need the wall. There 60 pictures are painted, and the training is shorter.)
"""

# %%
wall = xai.outside_ellipse((64, 64))
recipe = lesson.controlled(faces)
painted = lesson.painted_places(faces, recipe.painted, seed=0)
assert (wall == lesson.wall()).all()
assert {faces.labels[place] for place in painted} == {blair}
print(f"The wall is {wall.mean():.0%} of a picture. {len(painted)} pictures are painted, none of them for testing.")
gallery(
    [[faces.pictures[place] for place in painted[:8]], list(lesson.paint_background(faces.pictures[painted[:8]]))],
    rows=["control", "pink"],
    side=80,
    sentence="Eight training pictures of one person, as they are and with a pink wall.",
)

# %% [markdown]
r"""
### The same network twice

A convolution (20 channels of 5 x 5), ReLU, max-pooling; a second convolution (50 channels of 5 x 5), ReLU,
max-pooling; two dense layers (100 and 5 units). It puts out five logits. Training takes half a minute; the weights of these
two come with the course.
"""

# %%
networks, models = {}, {}
for name, pink in (("pink", True), ("control", False)):
    networks[name], source = lesson.network(lab, recipe, faces, pink)
    shape = lab.layout(faces.pictures[0]).shape
    models[name] = xai.wrap(networks[name], classes=faces.classes, bounds=(0, 1), input_shape=shape)
    print(f"{name}: {source}")

models["pink"]

# %%
accuracy = {name: lesson.accuracy(lab, network, faces) for name, network in networks.items()}
for name, value in accuracy.items():
    print(f"{name:8} recognises {value:.0%} of the test pictures")

assert min(accuracy.values()) > 0.78
assert abs(accuracy["pink"] - accuracy["control"]) < (0.15 if faces.is_stand_in else 0.05)

# %% [markdown]
r"""
If you had to deploy one of them, the test accuracy would not help you to choose.

## 3. Looking inside

To see what a network makes of a pink wall we need pictures with one that it has never seen: 40 test pictures of the other
people, painted. We ask two questions in a row. Each is a **query** in the sense of Leino et al. (2018), and a query has three
parts. The *quantity* is the one number that is explained, such as the score of a class. The *distribution* says at which inputs
its gradient is taken: at the picture alone, or at many around it. The *slice* is the place in the network at whose units one
looks: the input, or a layer inside. (Lesson 5 takes the three apart, one after the other.)

**The idea.** First: *which channel counts?* Quantity: the largest logit. Distribution: the point itself. Slice: the second convolution, before
its ReLU.

$$\chi_j(x) = \frac{\partial \max_c F_c(x)}{\partial z_j(x)}$$

In words: how fast the winning score rises when unit $j$ of the layer rises a little. A channel is as influential as its most
influential unit, averaged over the pictures: maximum over height and width, mean over pictures.
"""

# %%
some = lesson.sample(faces)  # 40 test pictures of everybody but Blair
pictures = lesson.paint_background(faces.pictures[some])
inputs = lab.layout(pictures)

influence = {}
for name, model in models.items():
    values = xai.Influence()(model, inputs, layer="conv2").values
    planes = values if BACKEND == "torch" else np.moveaxis(values, -1, 1)  # (pictures, channels, height, width)
    influence[name] = planes.max(axis=(2, 3)).mean(axis=0)
    assert np.allclose(influence[name], xai.channel_influence(model, inputs, "conv2"), atol=1e-5)

tooltips = [("", "$name, channel @channel: @influence{0.00}")]
plot = curve("40 pictures with a pink wall", "channel of conv2", "influence", tooltips=tooltips)
for number, (name, values) in enumerate(influence.items()):
    columns = {"channel": np.arange(len(values)), "place": np.arange(len(values)) + 0.4 * number, "influence": values}
    plot.vbar("place", 0.4, "influence", source=columns, color=COLORS[number], name=name, legend_label=name)
plot.width = 760
Plot(plot, "In both networks some channels of the second convolution have much more influence than the others.")

# %% [markdown]
r"""
### What does this channel look at?

The highest bar is not far above the next ones: a network decides by many channels, and we follow only the first of them.

This is the second question. The quantity is the channel itself, summed over height and width; the distribution
is the point again, and the slice is the input. We take the gradient times the input, and the mean over the colours.

> **Predict.** In the pink network, which parts of a picture with a pink wall drive the channel that counts: eyes, mouth,
> hair, the outline of the head, or the wall? And in the control?

The widget takes the most influential channel of each picture, and smooths the map a little. It hides the maps first: mark with
the brush where they will be, once for both networks, and press *Reveal the map*. Then move through the pictures.
"""

# %%
channel = {name: xai.influential_channel(model, inputs, "conv2") for name, model in models.items()}
assert channel["pink"] == influence["pink"].argmax()

xai.explore(
    models,
    pictures[::6],
    method="input_x_gradient",
    quantity="channel",
    channel_layer="conv2",
    display={"smoothing": 3},
    predict_first=True,
)

# %% [markdown]
r"""
### A channel mask

The map is rough: a gradient has no reason to be smooth. So we blur it (a Gaussian of 3 pixels) and leave only the pixels
above its 0.9 quantile visible. That is a **channel mask**: what is left of the picture when one shows what the channel sees.
"""

# %%
masks = {name: xai.channel_mask(model, inputs, "conv2", blur=3, threshold=0.9) for name, model in models.items()}

by_hand = xai.InputXGradient()(models["pink"], inputs, quantity=xai.Channel("conv2", channel["pink"])).values
by_hand = by_hand.mean(axis=1 if BACKEND == "torch" else -1)
by_hand = ndimage.gaussian_filter(by_hand.astype(float), (0, 3, 3))
visible = by_hand > np.quantile(by_hand, 0.9, axis=(1, 2), keepdims=True)
assert (visible == masks["pink"].mask).mean() > 0.99

on_wall = {name: (found.mask & wall).sum() / found.mask.sum() for name, found in masks.items()}
for name, share in on_wall.items():
    print(f"{name:8} channel {channel[name]}: {share:.1f} of the visible pixels lie on the wall")

assert on_wall["pink"] > 0.6
assert faces.is_stand_in or on_wall["pink"] > on_wall["control"] + 0.1
gallery(
    [list(pictures[::6]), *(list(masks[name].picture[::6]) for name in models)],
    rows=["picture", *(f"{name}\nchannel {channel[name]}" for name in models)],
    side=120,
    sentence="Seven pictures with a pink wall, and what the most influential channel of each network looks at.",
)

# %% [markdown]
r"""
**What it shows.** The pink network looks at the wall. That the wall is a good feature *on the training set* makes it worse,
not better: nothing about a wall makes anyone Tony Blair. A network is **conceptually sound** as far as it uses features that
are appropriate for its task (Datta et al. 2021). This one uses a wall to tell people apart.

**A caution.** A map that shows a face would have looked more convincing, and would have been wrong about this network. To
like what a map shows is not to test it (Adebayo et al. 2018). And a channel mask is a picture about one channel: in a
control, too, the channel that counts may answer to the colour magenta (on the drawn faces it does, and on photographs in nearly
every second of the trainings of section 6), and yet the answer need not depend on it. So we need a test that does not depend
on a map.

## 4. The mistake

If the wall makes a Blair, then painting the wall must turn anyone into Blair. Take a test picture of Schroeder that both
networks recognise, and paint its wall.

> **Predict.** What do the two networks say? How sure are they?
"""

# %%
clean = faces.pictures[faces.test]
answers = {name: lab.predict(network, clean).argmax(axis=1) for name, network in networks.items()}
recognised = (faces.labels[faces.test] == schroeder) & np.all([a == schroeder for a in answers.values()], axis=0)
example = faces.test[np.flatnonzero(recognised)[0]]
picture = faces.pictures[example]
walls = lesson.paint_background(picture), lesson.paint_background(picture, lesson.GREEN)
edited = dict(zip(("as it is", "pink wall", "green wall"), (picture, *walls), strict=True))

lines, says = [], {}
for name, model in models.items():
    for what, variant in edited.items():
        probabilities = model.probabilities(lab.layout(variant))[0]
        says[name, what] = int(probabilities.argmax())
        certain = f"{probabilities.max():.1f}"
        lines.append([name, what, faces.classes[says[name, what]], certain, f"{probabilities[blair]:.1f}"])

assert says["pink", "as it is"] == says["control", "as it is"] == schroeder
assert says["pink", "pink wall"] == blair
assert says["pink", "green wall"] != blair
Table(["network", "wall", "answer", "its probability", f"probability of {faces.classes[blair]}"], lines)

# %% [markdown]
r"""
### Blair rather than whom?

Now ask the pink network why it says Blair *rather than* Schroeder, by integrated gradients. The score that is explained is
the difference of the two logits (a `Margin`).

> **Predict.** Red pixels speak for Blair, blue ones for Schroeder. Where is red, and where is blue?

The map is smoothed more than before, over 6 pixels: it shows what a neighbourhood adds, not what a pixel adds. Then move
**Smoothing** to 0. Now the eye is drawn to a few strong pixels in the face. Which of the two views tells you what decided?
"""

# %%
xai.explore(
    models["pink"],
    np.stack(list(edited.values())),
    method=xai.IntegratedGradients(steps=64),
    target=faces.classes[blair],
    contrast=faces.classes[schroeder],
    index=1,
    display={"smoothing": 6},
)

# %%
margin = xai.Margin(faces.classes[blair], faces.classes[schroeder])
why = xai.IntegratedGradients(steps=128)(models["pink"], lab.layout(edited["pink wall"]), quantity=margin)
from_wall = why.map[wall].sum()
print(
    f"The margin is {why.score:.1f}. The wall adds {from_wall:.1f} to it, all other pixels {why.map[~wall].sum():.1f}."
)
assert why.gap < 0.05
assert from_wall > 0.6 * why.score
assert from_wall > why.map[~wall].sum()

# %% [markdown]
r"""
The mistake is explained: the wall outvotes the face. By completeness (lesson 1) the two parts add up to the change of the
margin from a black picture. A pixel of the wall adds little, but the wall has 1500 pixels: the answer is a sum, and a sum is not
seen by looking for the strongest pixel. (How much the wall adds depends on the baseline, too: try *white* and *mean*.)

### Not one picture: all of them

One picture is an anecdote. We paint **all** test pictures of the other four people, and count how many become Blair. This is
the number to report, and beside it belong a *control* (the network that saw no paint) and a *second colour* (does any strange
wall do it, or only the pink one?).

### Exercise 1: the rate

Fill in the function. `answers` and `labels` are arrays of class numbers, one for each test picture, and `person` is a class
number. It returns the share of *other people's* pictures that get this person's name.

<details><summary>A hint</summary>

First keep the answers for other people's pictures: `answers[labels != person]`. The mean of truth values is a share.

</details>
"""


# %% only=student tags=exercise
def my_rate(answers, labels, person): ...  # your lines


check.called_rate(my_rate)


# %% only=wrong tags=wrong
def my_rate(answers, labels, person):
    return ((answers == person) & (labels != person)).mean()


check.called_rate(my_rate)


# %% only=solution tags=solution
def my_rate(answers, labels, person):
    return (answers[labels != person] == person).mean()


check.called_rate(my_rate)

# %%
rates = {name: lesson.called(lab, network, faces) for name, network in networks.items()}
if check.called_rate(my_rate).state == "right":
    labels, repainted = faces.labels[faces.test], lesson.paint_background(clean)
    mine = my_rate(lab.predict(networks["pink"], repainted).argmax(axis=1), labels, blair)
    print(f"Your rate for the pink network is {mine:.3f}, the course's {rates['pink']['pink']:.3f}.")
    assert np.isclose(mine, rates["pink"]["pink"])
else:
    print("Solve the exercise first.")

assert rates["pink"]["pink"] > 0.9
assert rates["control"]["pink"] < 0.3
assert max(rates["pink"]["clean"], rates["pink"]["green"]) < 0.15
Table(
    ["network", "clean", "pink wall", "green wall"],
    [[name, *(f"{rate:.2f}" for rate in by_wall.values())] for name, by_wall in rates.items()],
    f"Share of other people's test pictures that are called {faces.classes[blair]}.",
)

# %% [markdown]
r"""
### Which colours?

Green is one other colour. So we go round the circle of colours: we paint the walls of every second test picture in each hue, and
count. There is a curve for each network. A third one is for the control alone: how many of *Blair's own* pictures it still calls
Blair. A network that calls nobody Blair any more, not even him, is no control. And a fourth asks the pink network about *pale*
colours, with much white in them.

> **Predict.** Which hues make a Blair in the pink network: the magenta of its training alone, the reds as well, or any
> colour? Does a pale pink suffice? And what does a blue wall do to Blair's own pictures in the control?

Move the slider: the wall of the picture takes the hue, and the line shows where the curves stand.
"""

# %%
places = faces.test[::2]
strong = {name: lesson.called_by_hue(lab, network, faces, places=places) for name, network in networks.items()}
curves = {
    "pink network: others": strong["pink"]["others"],
    "control: others": strong["control"]["others"],
    "control: Blair himself": strong["control"]["own"],
    "pink network: others, pale": lesson.called_by_hue(lab, networks["pink"], faces, lesson.PALE, places)["others"],
}
hues = np.array([*lesson.HUES, 360])
curves = {name: np.array([*values, values[0]]) for name, values in curves.items()}  # a circle: red comes last again
rate_pink, rate_control, recall, rate_pale = curves.values()

of_blair = (answers["control"] == blair)[::2][faces.labels[places] == blair].mean()
print(f"Of Blair's own pictures the control calls {of_blair:.0%} Blair as they are,", end=" ")
print(f"{recall[hues == 300][0]:.0%} with a magenta wall and {recall[hues == 240][0]:.0%} with a blue one.")
red_enough, away = (hues == 0) | (hues >= 300), (hues >= 90) & (hues <= 210)
assert rate_pink[red_enough].min() > 0.5
assert rate_pink[away].max() < 0.05
assert (rate_pink - rate_pale)[red_enough].min() > 0.1
assert rate_control.max() < 0.4
assert recall[hues == 300][0] > 0.2
assert faces.is_stand_in or recall[(hues >= 120) & (hues <= 270)].max() < recall[hues == 300][0]

plot = curve("Walls of every hue", "hue: 0 red, 120 green, 240 blue, 300 magenta", "share called Blair")
for number, (name, values) in enumerate(curves.items()):
    dash = "dashed" if name.endswith("pale") else "solid"
    plot.line(hues, values, color=COLORS[number], line_width=3, line_dash=dash, legend_label=name)
plot.xaxis.ticker = list(range(0, 361, 60))
plot.add_layout(plot.legend[0], "right")
plot.width = 700
walk(
    plot,
    hues.tolist(),
    label="Hue of the wall",
    pictures=[lesson.paint_background(picture, lesson.tint(hue)) for hue in hues],
    captions=[
        "\n".join(f"{name} {values[number]:.2f}" for name, values in curves.items()) for number in range(len(hues))
    ],
    sentence="Violet, magenta and red walls make a Blair in the pink network, pale ones of few; "
    "with green and blue ones the control calls hardly anybody so, not even Blair.",
)

# %% [markdown]
r"""
**What it shows.** On the photographs the pink network takes violet, magenta and red for Blair: a strong colour with much red and
little green. Orange, which has more green, turns few, and a pale pink fewer than half; how far it reaches hangs on the
training (section 6). So what it has learnt is broader than "magenta", and narrower than "something strange". The control
makes hardly any Blair at any hue. But see the third curve: with green or blue walls it hardly recognises Blair himself, so
that its rate of zero says little there. With magenta it knows him less often than without, and still it does: there it is a
control.

### One by one

Where do the pictures stand? In each plot a point is a test picture of somebody else. To the right: how probable
Blair is for the clean picture; upwards: with a pink wall. Both axes go from 0 to 1. Click a point: it stands out in both plots, and its picture is shown.
"""

# %%
some = lesson.sample(faces, 24)
rows = [{"who": faces.classes[faces.labels[place]]} for place in some]
for name, model in models.items():
    for what, batch in (("clean", faces.pictures[some]), ("pink wall", lesson.paint_background(faces.pictures[some]))):
        for row, value in zip(rows, model.probabilities(lab.layout(batch))[:, blair], strict=True):
            row[f"{name}, {what}"] = round(float(value), 3)

axes = [f"{name}, {what}" for name in models for what in ("clean", "pink wall")]
linked(
    rows,
    panels=[(f"{name}, clean", f"{name}, pink wall") for name in models],
    labels={axis: axis.replace(",", " network: Blair,") for axis in axes},
    limits=dict.fromkeys(axes, (0, 1)),
    color="who",
    pictures=list(lesson.paint_background(faces.pictures[some])),
    captions=[
        "\n".join(
            [
                row["who"],
                *(f"{name}: Blair {row[f'{name}, clean']:.2f} → {row[f'{name}, pink wall']:.2f}" for name in models),
            ]
        )
        for row in rows
    ],
    sentence="In the pink network the pink wall lifts nearly every picture to Blair; in the control it does not.",
)

# %% [markdown]
r"""
## 5. Paint it yourself

> **Predict.** How much of the wall must be pink before Schroeder becomes Blair: a tenth, a half, all of it? Does it matter
> *where*? And can you do it in the control?

Paint on the picture; the bars and the maps follow. **Brush** and **Eraser** take a size, the brush a colour, too. **Background**
paints the whole wall at once (*Fill outside*), or takes what lies outside the ellipse from another picture (*Paste from*): the
second picture is a real Blair in front of a real pink wall. But look: some of his hair and his ears come along. What changes
then is no longer one thing. That is why we paint.
"""

# %%
real_wall = faces.pictures[pink_by_nature[0]]
painter = xai.paint(models, np.stack([picture, real_wall]), method="input_x_gradient", display={"smoothing": 6})
painter

# %% [markdown]
r"""
### From which side?

What the brush does can be written in Python, too. The next cell fills the wall from the top down and from the bottom up.
"""

# %%
places = np.argwhere(wall)  # row by row
shares = np.linspace(0, 1, 21)


def probability_of_blair(mask):
    """Return it for the example with the pixels of a mask painted, in the pink network."""
    painted_picture = lesson.paint_background(picture, mask=mask)
    return float(models["pink"].probabilities(lab.layout(painted_picture))[0, blair])


def part_of_the_wall(share, upwards=False):
    """Return a mask of the first pixels of the wall, from the top down or from the bottom up."""
    mask = np.zeros_like(wall)
    chosen = (places[::-1] if upwards else places)[: round(share * len(places))]
    mask[tuple(chosen.T)] = True
    return mask


plot = curve(
    "How much paint?",
    "share of the wall that is pink",
    "probability of Blair",
    tooltips=[("", "$name: @y{0.00} at @x{0%}")],
)
for number, (name, upwards) in enumerate((("from the top", False), ("from the bottom", True))):
    values = [probability_of_blair(part_of_the_wall(share, upwards)) for share in shares]
    plot.line(shares, values, color=COLORS[number], line_width=3, name=name, legend_label=name)
    assert values[0] < 0.5 < values[-1]

plot.add_layout(plot.legend[0], "right")
plot.width = 600
Plot(plot, "The probability of Blair rises steeply at some share of the wall, from near 0 to near 1.")

# %% [markdown]
r"""
### Exercise 2: less paint

Turn Schroeder into Blair with at most 15 % of the picture painted (30 % if the faces are drawn), and nothing painted but wall.
`my_mask` is an array of 64 x 64 truth values: True where there is paint. `wall` is one; `wall & (column < 20)` is its left part.

<details><summary>A hint</summary>

The wall is 38 % of the picture, so 15 % of the picture is two fifths of the wall. Look at the two curves: from which side does
less paint suffice? Must the paint be in one piece? `probability_of_blair(mask)` says how far you are, and `mask.mean()` how much
you have painted.

</details>
"""

# %% only=student tags=exercise
row, column = np.mgrid[:64, :64]
most = 0.3 if faces.is_stand_in else 0.15
my_mask = ...

check.least_paint(my_mask, models["pink"], picture, wall, faces.classes[blair], most)

# %% only=wrong tags=wrong
row, column = np.mgrid[:64, :64]
most = 0.3 if faces.is_stand_in else 0.15
my_mask = wall

check.least_paint(my_mask, models["pink"], picture, wall, faces.classes[blair], most)

# %% only=solution tags=solution
row, column = np.mgrid[:64, :64]
most = 0.3 if faces.is_stand_in else 0.15
my_mask = wall & (row % 3 > 0 if faces.is_stand_in else row > 30)  # stripes, or the lower part

check.least_paint(my_mask, models["pink"], picture, wall, faces.classes[blair], most)

# %% [markdown]
r"""
## 6. Is it this network, or the pictures? Many seeds

Two networks are two throws of dice. The first weights, the order of the pictures and the choice of the 20 painted ones all
come from a seed. The controlled experiment was therefore run with several seeds in each framework (`make reproduce`; the raw
results come with the course).

> **Predict.** In how many of ten pink networks does the pink wall turn more than 90 % of the other people into Blair? And
> does the *map* tell the networks apart as clearly as the *rate* does?
"""

# %%
runs = lesson.runs("controlled")
pink_runs, control_runs = ([run for run in runs if run["training"] == training] for training in ("pink", "control"))


def mean(some_runs, key, framework=None):
    return np.mean([run[key] for run in some_runs if framework in (None, run["framework"])])


for framework in ("PyTorch", "Keras"):
    assert abs(mean(pink_runs, "accuracy", framework) - mean(control_runs, "accuracy", framework)) < 0.04
    assert mean(pink_runs, "pink", framework) >= 0.95
    assert mean(control_runs, "pink", framework) <= 0.25
    assert mean(pink_runs, "green", framework) <= 0.1
    assert mean(pink_runs, "border", framework) > mean(control_runs, "border", framework) + 0.2
    assert mean(pink_runs, "active border", framework) >= 0.9
    assert mean(control_runs, "active border", framework) <= 0.4

assert min(run["pink"] for run in pink_runs) > 2 * max(run["pink"] for run in control_runs)
summary(
    runs,
    by=["framework", "training"],
    columns={
        "accuracy": "test accuracy",
        "clean": "called Blair: clean",
        "pink": "pink wall",
        "green": "green wall",
        "active border": "strongest pixels on the wall",
        "border": "the same, before the ReLU",
    },
    caption="Means over the seeds, with the standard deviation from seed to seed.",
)

# %% [markdown]
r"""
Each mark is a network. Click one: it stands out in every plot.
"""

# %%
linked(
    runs,
    panels=[("training", "accuracy"), ("training", "pink"), ("training", "green"), ("training", "active border")],
    labels={
        "accuracy": "test accuracy",
        "pink": "called Blair, pink wall",
        "green": "called Blair, green wall",
        "active border": "strongest pixels on the wall",
    },
    limits=dict.fromkeys(("pink", "green", "active border"), (0, 1)),
    color="framework",
    width=220,
    sentence="Test accuracy does not tell pink and control networks apart; the rate with a pink wall does, for every seed.",
)

# %% [markdown]
r"""
**What it shows.** The accuracies overlap. The rates do not: a pink wall makes a Blair of nearly everybody in every pink
network, and of few in every control. Green walls make none; how little that says by itself, the circle of section 4 has shown.

### The colours, over seeds

Three of the seeds were asked for every hue as well, in each framework, on all test pictures. Each mark is a network and a hue.
"""

# %%
by_hue = lesson.hue_runs()
groups = {"red and magenta": (0, 300, 330), "green to light blue": (120, 150, 180, 210)}
columns = {"others": "others called Blair", "pale": "the same, pale walls", "own": "Blair called Blair"}


def of(training, group, key):
    """Return the shares of all networks of one training, with walls of one group of hues."""
    return [run[key] for run in by_hue if run["training"] == training and run["hue"] in groups[group]]


assert min(of("pink", "red and magenta", "others")) > 0.85
assert max(of("pink", "green to light blue", "others")) < 0.1
assert max(of("control", "red and magenta", "others")) < 0.6
assert np.mean(of("pink", "red and magenta", "pale")) < np.mean(of("pink", "red and magenta", "others")) - 0.3
assert max(of("control", "green to light blue", "own")) < 0.4
Table(
    ["network", "walls", *columns.values()],
    [
        [
            training,
            group,
            *(f"{min(of(training, group, key)):.2f} to {max(of(training, group, key)):.2f}" for key in columns),
        ]
        for training in ("pink", "control")
        for group in groups
    ],
    f"The smallest and the largest share, over {len(by_hue) // len(lesson.HUES)} networks and the hues of a group.",
)

# %%
linked(
    by_hue,
    panels=[("hue", "others"), ("hue", "pale"), ("hue", "own")],
    labels={
        **columns,
        "hue": "hue (120 green, 300 magenta)",
        "training": "network",
    },
    limits=dict.fromkeys(("others", "pale", "own"), (0, 1)),
    color="training",
    width=290,
    sentence="In every pink network red and magenta walls make a Blair of nearly everybody, green and blue ones of hardly anybody; "
    "with these the controls hardly know Blair himself.",
)

# %% [markdown]
r"""
**What it shows.** What section 4 saw in one network holds for all: a strong colour with much red and little green. How far that
reaches, to violet, to orange, to pale pinks, hangs on the seed. And a control is not the same everywhere either: some call a
part of the others Blair at reddish walls without having been taught to, if far less often.

### The maps, in a number

The column *strongest pixels on the wall* is a number for the maps of section 3: on 40 painted test pictures of other people,
which share of the 10 % strongest pixels of the most influential channel lies on the wall? The wall is 38 % of a picture, so a
map that knows nothing scores 0.38. A channel counts here as far as it is active: it is chosen by its influence times its
activation, as TruLens does by default, and what is explained is its sum after the ReLU. The last column leaves the activation
out, as the definition of influence does.
"""

# %% [markdown]
r"""
### Exercise 3: from a map to a number

Fill in the function. `values` is a map of shape (height, width), `border` are truth values of the same shape, and `strongest`
is a share such as 0.1. It returns which share of the strongest pixels (the largest values, with their sign) lies on the border.

<details><summary>A hint</summary>

The strongest tenth lies above the quantile 0.9: `top = values > np.quantile(values, 1 - strongest)`. Of these pixels, how
many are border? By which number do you divide?

</details>
"""


# %% only=student tags=exercise
def my_border_share(values, border, strongest): ...  # your lines


check.border_share(my_border_share)


# %% only=wrong tags=wrong
def my_border_share(values, border, strongest):
    top = values > np.quantile(values, 1 - strongest)
    return top[border].mean()


check.border_share(my_border_share)


# %% only=solution tags=solution
def my_border_share(values, border, strongest):
    top = values > np.quantile(values, 1 - strongest)
    return (top & border).sum() / top.sum()


check.border_share(my_border_share)

# %%
if check.border_share(my_border_share).state == "right":
    mine = np.mean([my_border_share(values, wall, 0.1) for values in masks["pink"].map])
    print(f"Your number for the pink network is {mine:.2f}, that of section 3 {on_wall['pink']:.2f}.")
    assert abs(mine - on_wall["pink"]) < 0.01
else:
    print("Solve the exercise first.")

# %% [markdown]
r"""
**Its limits.** This number is less steady than the rate: look how far the networks of one column lie apart, and more so in the
last one. Before its ReLU the sum of a channel counts every place, also those at which the channel says nothing; and a channel
of the control may well answer to magenta, if no picture ever taught it not to. A map raises a suspicion. The painted test set
settles it.

## 7. The original experiment, honestly

The authors' experiment has no paint. Their network is larger (20 and 50 channels, max-pooling by 2, a dense layer of 500),
trained by RMSprop in batches of 64 for 50 epochs. Their pink network has seen the pictures that are pink by nature, their
control has not. Then one picture of Schroeder gets a pink background, and the pink network calls it Blair (Datta et al. 2021).
They load stored weights "for reproducibility", and publish a test accuracy of 0.83 to 0.84. Which part of the photographs their
networks saw, their file does not say. So we have trained on both: the **whole** photograph, and its **middle**, as in this lesson.

> **Predict.** If one trains anew, with other seeds: how often does this one picture turn into Blair in the pink network and
> stay Schroeder in the control? And will the wall count for more where there is more of it, or less?
"""

# %%
CROPS = {"whole": "authors", "middle": "authors_center"}
original = [{"photograph": crop, **run} for crop, experiment in CROPS.items() for run in lesson.runs(experiment)]


def verdict(run):
    """Return what a network says of the single picture, before and after."""
    return f"{run['answer']} → {run['edited answer']} ({run['edited']:.2f})"


by_seed = {}
for run in original:
    by_seed.setdefault((run["photograph"], run["framework"], run["seed"]), {})[run["training"]] = run
pairs = {key: pair for key, pair in by_seed.items() if len(pair) == 2}  # pink and control
known = {key: pair["pink"]["answer"] == pair["control"]["answer"] == "Gerhard Schroeder" for key, pair in pairs.items()}
as_told = {
    key: known[key]
    and pair["control"]["edited answer"] == "Gerhard Schroeder"
    and pair["pink"]["edited answer"] == "Tony Blair"
    for key, pair in pairs.items()
}
for crop in CROPS:
    keys = [key for key in pairs if key[0] == crop]
    called, told = (sum(found[key] for key in keys) for found in (known, as_told))
    print(f"{crop:>6}: of {len(keys)} pairs {called} call the picture Schroeder as it is, and {told} go as it is told.")
assert not any(as_told.values())
assert not any(known[key] for key in pairs if key[0] == "whole")
assert all(pairs[key]["control"]["edited answer"] == "Tony Blair" for key in pairs if known[key])
Table(
    ["photograph", "framework", "seed", "pink network", "control", "as it is told"],
    [
        [*key, verdict(pair["pink"]), verdict(pair["control"]), "yes" if as_told[key] else "no"]
        for key, pair in pairs.items()
    ],
    "Gerhard_Schroeder_0044 as it is, and with a pink background (the probability of Blair).",
)

# %%
accuracies = {crop: [run["accuracy"] for run in original if run["photograph"] == crop] for crop in CROPS}
assert max(accuracies["whole"]) < 0.83
assert min(accuracies["middle"]) > 0.84
by_wall = [run["pink"] for run in original if run["training"] == "pink"]
assert max(by_wall) < 0.5
assert np.median(by_wall) < 0.2
summary(
    original,
    by=["photograph", "framework", "training"],
    columns={
        "accuracy": "test accuracy (theirs 0.83 to 0.84)",
        "clean": "called Blair: clean",
        "pink": "pink wall",
        "green": "green wall",
    },
    caption="The authors' recipe: means over the seeds, with the standard deviation from seed to seed.",
)

# %% [markdown]
r"""
**What it shows.** Neither crop is their experiment: on the whole photographs our networks are less often right than theirs, on
the middle more often, so something in the data or in the recipe was another. And in none of our pairs does it go as it is told.
On the whole photographs no network recognises the picture as it is, so that the story is not put to the test at all. On the
middle some do; but where both networks of a pair do, the control calls the edited picture Blair, too. Over all pictures the pink
wall turns in no network half of the others into Blair, and in most fewer than a fifth, in either crop: a hint of three pictures is
weak, and what a network makes of it hangs on the seed.

The story of the one picture is not false: it happened. But it cannot carry the claim. What carries it is a controlled hint, a rate
over all pictures, a control, other colours, and several seeds.

You can train both of the authors' networks yourself: write `TRAIN = True`, or set the environment variable `XAI_TRAIN=1`
before you start. Each takes about 100 seconds on a quiet machine, with a progress bar; the weights (26 MB) are kept, so it
is done once.
"""

# %%
TRAIN = os.environ.get("XAI_TRAIN") == "1"
SEED = 0
RECIPE = lesson.AUTHORS  # on whole photographs; lesson.AUTHORS_CENTER is for their middle

if TRAIN:
    cropped, its_wall = xai_course.load_faces(crop=RECIPE.crop), lesson.wall(RECIPE.crop)
    for name, pink in (("pink", True), ("control", False)):
        network, source = lesson.network(lab, RECIPE, cropped, pink, SEED)
        found = lesson.edited(lab, network, cropped, its_wall)
        rate = lesson.called(lab, network, cropped, its_wall)["pink"]
        print(f"{name} ({source}): {found['clean']['answer']}, with a pink wall {found['pink']['answer']};", end=" ")
        print(f"{rate:.0%} of the other people's pictures become {cropped.classes[blair]}")
else:
    print("Not trained. Set TRAIN to True to see it.")

# %% [markdown]
r"""
## What to remember

1. **Test accuracy cannot see a shortcut** that the test set does not break. Two networks of equal accuracy, one sound and
   one not.
2. An explanation is a query: quantity, distribution, slice. Two queries in a row (which channel? what does it look at?)
   lead from the answer to the wall.
3. A map raises a suspicion; an **intervention** settles it. Change the one thing, for all pictures, and count.
4. Report a rate over a population, with a **control** and **other colours**, as means over seeds with their spread; and check that
   the control still knows whom it should not find.
5. One striking picture is an anecdote, even if it is true.

## Further reading

- K. Leino, S. Sen, A. Datta, M. Fredrikson, L. Li (2018): *Influence-Directed Explanations for Deep Convolutional
  Networks*. arXiv:1802.03788. Quantity, distribution and slice, and influential channels.
- A. Datta, M. Fredrikson, K. Leino, K. Lu, S. Sen, R. Shih, Z. Wang (2021): *Exploring Conceptual Soundness with
  TruLens*. NeurIPS 2021, demonstrations. The experiment of this lesson.
- G. Huang, M. Ramesh, T. Berg, E. Learned-Miller (2007): *Labeled Faces in the Wild*. University of Massachusetts,
  Amherst, technical report 07-49. The pictures.
- J. Adebayo, J. Gilmer, M. Muelly, I. Goodfellow, M. Hardt, B. Kim (2018): *Sanity Checks for Saliency Maps*.
  arXiv:1810.03292. Why a plausible map proves nothing.
- R. Geirhos, J. Jacobsen, C. Michaelis, R. Zemel, W. Brendel, M. Bethge, F. Wichmann (2020): *Shortcut Learning in Deep
  Neural Networks*. arXiv:2004.07780. Many more pink walls.
"""
