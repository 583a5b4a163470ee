# %% [markdown]
r"""
# 14. What does a vision transformer look at?

{{badges}}

**Aim.** A transformer cuts a picture into patches and lets them look at each other. What they look at is a number that
one can read off. You learn what that number is, two ways to follow it through the blocks, and what gradients and
relevance say of the same picture. Then you ask for two digits in one scene, and make the network forget what it has
learnt: so you see which of these pictures explain an answer, and which do not.

**Time.** 60 minutes: tokens and attention 15, rollout 10, two digits 15, gradients 10, the randomisation check and
what each is good for 10.

**You need** lesson 1 (saliency, integrated gradients) and lesson 7 (relevance, the randomisation check). No GPU: a small
transformer comes with the course, nothing is trained.
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
from xai_course import lesson_14 as check
from xai_course import scenes as scene_network
from xai_course.data import draw_scenes
from xai_course.plots import COLORS, Plot, Table, curve, gallery, spread

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
## 1. Tokens, and what they look at

Three things stand in each scene: a digit from 0 to 4, and two more that were cut into pieces and shuffled. The network
has to say which digit it is. The pieces have as much ink, but they should not count. So we know where the answer is.
"""

# %%
digits = xai_course.load_digits()
scenes = draw_scenes(digits, 200, seed=5)
print(digits)
print(scenes)
network = scene_network.network(lab)
model = scene_network.wrapped(lab, network)
right = scene_network.right(lab, network, scenes)
print(f"It names the digit in {right.mean():.0%} of the scenes.")
assert right.mean() > 0.9

few = scenes.chosen(np.flatnonzero(right)[:6])
inputs, labels, masks = lab.layout(few.pictures), few.labels[:, 0], few.masks[:, 0]
gallery(
    [few.pictures, np.kron(masks, np.ones((1, 8, 8)))],
    columns=[f"digit {label}" for label in labels],
    rows=["scene", "patches\nwith its\nink"],
    sentence="Six scenes with a digit and two digits in pieces, and the patches on which the digit has ink.",
)

# %% [markdown]
r"""
**The idea.** A vision transformer (Dosovitskiy and others 2021) cuts the picture into patches: here 8 x 8 of them, of
8 x 8 pixels. Each becomes a *token*, a vector of 64 numbers; a vector that says where it stands is added. One more
token, the *class token*, is the same for every picture. Then come four blocks. In each, every token makes a *query*
$q$, a *key* $k$ and a *value* $v$, and takes a mean of the values of all tokens, weighted by

$$A_{ij} = \operatorname{softmax}_j \frac{q_i \cdot k_j}{\sqrt d}$$

(Vaswani and others 2017). In words: row $i$ says what token $i$ looks at, and it sums to one. This is done four times
side by side, in four *heads* with queries and keys of their own. What comes out is added to the token, and a small
dense network changes each token by itself. At the end the answer is read from the class token alone.

### Exercise 1: the weights of one head

`queries` and `keys` are (tokens, d). Write the function that gives the weights, (tokens, tokens).

<details><summary>A hint</summary>

`scipy.special.softmax` takes an axis. Along which one should the weights sum to one?

</details>
"""


# %% only=student tags=exercise
def my_attention(queries, keys): ...  # your lines


check.attention(my_attention)


# %% only=wrong tags=wrong
def my_attention(queries, keys):
    weights = np.exp(queries @ keys.T / np.sqrt(queries.shape[1]))
    return weights / weights.sum(axis=0)


check.attention(my_attention)


# %% only=solution tags=solution
def my_attention(queries, keys):
    weights = np.exp(queries @ keys.T / np.sqrt(queries.shape[1]))
    return weights / weights.sum(axis=1, keepdims=True)


check.attention(my_attention)

# %% [markdown]
r"""
> **Predict.** Four blocks with four heads each: sixteen pictures of what the class token looks at. Will they all show
> the digit?
"""

# %%
number = 1
blocks = model.attentions(inputs[number : number + 1])
for block in blocks:
    assert block.weights.shape == (1, 4, 65, 65)
    assert np.allclose(block.weights.sum(axis=-1), 1, atol=1e-5)
looked = [block.weights[0, :, 0, 1:].reshape(4, 8, 8) for block in blocks]
gallery(
    [[few.pictures[number], *(head / head.max() for head in heads)] for heads in looked],
    rows=[f"block {block}" for block in range(1, 5)],
    columns=["scene", *(f"head {head}" for head in range(1, 5))],
    side=96,
    sentence="What the class token looks at in four heads of four blocks: mostly the digit, and some places elsewhere.",
)

# %% [markdown]
r"""
**What it shows.** Many heads look at the digit, each at other parts of it. Some look elsewhere, too: at pieces, or at a
single patch in an empty corner.

**Its limits.** From the second block on a token is no longer its patch: it holds what it has looked at before. So
"block 4 looks at an empty corner" does not say that the empty corner matters: who knows what that token has collected
by then? And a weight says how much of a value is taken, not what the value is, nor whether it speaks for the answer.

## 2. Rollout: follow the attention

**The idea.** Abnar and Zuidema (2020) follow what tokens hold. After a block a token is half itself and half what it
has looked at (mean over heads). Multiply the blocks:

$$R = \tfrac12 (A_4 + I)\; \tfrac12 (A_3 + I)\; \tfrac12 (A_2 + I)\; \tfrac12 (A_1 + I)$$

The row of the class token says how much of each patch it holds at the end, and sums to one.

> **Predict.** After how many blocks will the digit stand out? Does a single head do as well as the mean of all four?

Move *up to block* and *head*. Then ask, in the sentence on top, why another digit: what changes?
"""

# %%
xai.explore(model, few.pictures, method=xai.AttentionRollout(), target=str(labels[number]), index=number)

# %% [markdown]
r"""
### Exercise 2: rollout

`blocks` is (blocks, tokens, tokens), from the first block to the last, the mean of the heads of each. Write the
function that gives what the first token, the class token, holds of each token.

<details><summary>A hint</summary>

Start from `np.eye(...)`. Which block stands on the left?

</details>
"""


# %% only=student tags=exercise
def my_rollout(blocks): ...  # your lines


check.rollout(my_rollout)


# %% only=wrong tags=wrong
def my_rollout(blocks):
    held = np.eye(blocks.shape[1])
    for block in blocks:
        held = block @ held
    return held[0]


check.rollout(my_rollout)


# %% only=solution tags=solution
def my_rollout(blocks):
    held = np.eye(blocks.shape[1])
    for block in blocks:
        held = (block + np.eye(len(block))) / 2 @ held
    return held[0]


check.rollout(my_rollout)

# %% [markdown]
r"""
## 3. Two digits in one scene

> **Predict.** In these scenes there are two whole digits. Ask a method for the one, then for the other. Which methods
> will show first the one digit, then the other? Which will not move at all?

**The idea.** Three ways to let the class in:

- **Attention relevance** (Chefer, Gur and Wolf 2021). Weight what is looked at by the gradient of the score $q$ by
  that weight, and keep what is positive:
  $R \leftarrow R + \operatorname{mean}_\text{heads} \max\bigl(0, \tfrac{\partial q}{\partial A} \odot A\bigr)\, R$, from
  $R = I$, block after block.
- **AttnLRP** (Achtibat and others 2024) and **CP-LRP** (Ali and others 2022). Share the score out backwards, as in
  lesson 7, with rules for what transformers have beside dense layers. A norm divides by a constant; a product of two
  signals gives half to each. CP-LRP takes the weights $A$ for constants, and AttnLRP goes back through the softmax
  as well.
- **Gradients and occlusion**, which need not know what is inside: integrated gradients, windows of grey.

Change the class in the sentence on top.
"""

# %%
scenes_of_two = draw_scenes(digits, 60, shown=2, seed=6)
two = scenes_of_two.chosen(np.flatnonzero(scene_network.both_seen(lab, network, scenes_of_two))[:12])
both = lab.layout(two.pictures)
print("The scenes show", ", ".join(f"{first} and {second}" for first, second in two.labels[:4]), "...")
compared = ["attention_rollout", "attention_relevance", "attn_lrp", "cp_lrp", "integrated_gradients", "grad_cam"]
xai.grid(model, two.pictures[:4], methods=compared, target=str(two.labels[0, 0]))

# %%
asked = {
    "attention rollout": xai.AttentionRollout(),
    "attention relevance": xai.AttentionRelevance(),
    "AttnLRP": xai.AttnLrp(),
    "CP-LRP": xai.CpLrp(),
    "integrated gradients": xai.IntegratedGradients(steps=16),
    "Grad-CAM": xai.GradCam(),
}
told = {}
for name, method in asked.items():
    one, other = (scene_network.maps(method, model, both, two.labels[:, which]) for which in (0, 1))
    if name == "attention rollout":
        print(f"Rollout of the one digit and rollout of the other differ by at most {np.abs(one - other).max():.4f}.")
        assert np.abs(one - other).max() < 1e-6
    told[name] = scene_network.told_apart(one, other, two.masks).mean()
print("In which share of the scenes does each tell the two digits apart?")
for name, share in told.items():
    print(f"{name:>20}: {share:.1f}")
assert told["attention rollout"] == 0
assert told["AttnLRP"] > 0.75
assert told["integrated gradients"] > 0.5
assert told["Grad-CAM"] < 0.4 < told["attention relevance"]

# %% [markdown]
r"""
**What it shows.** We took the difference of the two maps, and called a scene "told apart" where it is positive on the
first digit and negative on the second. Rollout cannot tell two classes apart: no class enters, so its two maps are the
same to the last digit. Attention relevance moves. AttnLRP and integrated gradients have signs: what speaks for the one
digit often speaks against the other, and they say so. Twelve scenes are few to tell which method is best; section 6 has
a hundred, and three networks. Grad-CAM fails in most scenes; the next section says why.

**Its limits.** Attention relevance keeps what is positive, block by block. What speaks against the class is not in it,
and in one of three networks that we trained it told the two digits apart in two of three scenes only.

### Exercise 3: one block of attention relevance

`before` is $R$, (tokens, tokens); `weights` and `gradients` are (heads, tokens, tokens). Write the function that gives
the next $R$.

<details><summary>A hint</summary>

Multiply, cut off, mean over heads. In this order.

</details>
"""


# %% only=student tags=exercise
def my_relevance(before, weights, gradients): ...  # your lines


check.relevance(my_relevance)


# %% only=wrong tags=wrong
def my_relevance(before, weights, gradients):
    return before + np.maximum((gradients * weights).mean(axis=0), 0) @ before


check.relevance(my_relevance)


# %% only=solution tags=solution
def my_relevance(before, weights, gradients):
    return before + np.maximum(gradients * weights, 0).mean(axis=0) @ before


check.relevance(my_relevance)

# %% [markdown]
r"""
## 4. Gradients on the same picture

> **Predict.** Saliency is the slope of the score by each pixel. On which patches will it be largest: on the digit, on
> the pieces, or where there is nothing?
"""

# %%
on_same = ["saliency", "integrated_gradients", {"method": "grad_cam", "layer": "norm4a"}, "attn_lrp"]
xai.grid(model, few.pictures, methods=on_same, target=str(labels[number]), index=number)

# %% [markdown]
r"""
**The idea.** The first thing that happens to a token in a block is a *layer norm*: its mean is taken away, and it is
divided by its standard deviation. So the slope by whatever made the token is multiplied by one over that. The token of
an empty patch is made of a bias and a position alone, and is small.
"""

# %%
weights = lab.weights_of(network)
squares = few.pictures.reshape(-1, 8, 8, 8, 8).transpose(0, 1, 3, 2, 4).reshape(-1, 64, 64)
tokens = squares @ weights["patches.weight"].reshape(64, 64).T + weights["patches.bias"]
size = (tokens + weights["positions.vectors"][1:]).std(axis=-1).reshape(-1, 8, 8)
slope = scene_network.maps(xai.Saliency(), model, inputs, labels)
empty = squares.max(axis=-1).reshape(-1, 8, 8) == 0
kinds = {"the digit": masks, "pieces": ~masks & ~empty, "nothing": empty}
Table(
    ["patches with", "standard deviation of the token", "saliency, relative", "saliency times deviation, relative"],
    [
        [
            name,
            f"{size[kind].mean():.2f}",
            f"{slope[kind].mean() / slope.mean():.1f}",
            f"{(slope * size)[kind].mean() / (slope * size).mean():.1f}",
        ]
        for name, kind in kinds.items()
    ],
    "Means over the patches of each kind; 1 is the mean of all patches.",
)

# %%
assert size[empty].mean() < 0.2 * size[masks].mean()
assert slope[empty].mean() > slope[masks].mean()
assert (slope * size)[masks].mean() > 2 * (slope * size)[~masks].mean()

# %% [markdown]
r"""
**What it shows.** Saliency points at the empty patches. That is no mistake: a little light there would change these
tokens very much. But it is no reason for the answer either. Multiply it by what the norm divides by, and the digit is
back. Integrated gradients and AttnLRP multiply by what is there, and black patches get nothing at all.

**The class token, and a gradient of nothing.** The answer is read from the class token. What the *patches* become in
the last block, after they have been looked at for the last time, nobody reads.

> **Predict.** So what is the gradient of the score by the patch tokens behind the last attention? And what will an
> activation map (lesson 7) show there?
"""

# %%
for layer in ("norm4a", "attention4", "add4b", "norm"):
    by_tokens = np.abs(xai.Saliency()(model, inputs, quantity=xai.Logit(labels), layer=layer).values)
    print(f"{layer:>10}: class token {'moves' if by_tokens[:, 0].max() > 0 else 'dead'} the score,", end=" ")
    print(f"patch tokens {'do' if by_tokens[:, 1:].max() > 0 else 'do not: their gradient is exactly 0'}")
    assert by_tokens[:, 0].max() > 0
    assert (by_tokens[:, 1:].max() > 0) == (layer == "norm4a")

# %% [markdown]
r"""
**What it shows.** Behind the last attention the gradient by the patches is exactly zero, and every map that is made of
it is empty. The last place where patches matter is the norm before the last attention, `norm4a`: that is the layer
which Grad-CAM takes here. It helps little. Grad-CAM weights each channel by its mean gradient over *all* tokens, and
in the last block tokens have mixed so much that none stands for its own patch alone.

**What adds up.** CP-LRP promises that nothing is lost: without biases the relevance of all tokens, the class token
among them, sums to the score. We take the biases away and look.
"""

# %%
no_biases = {name: np.zeros_like(value) if name.endswith("bias") else value for name, value in weights.items()}
bare = scene_network.wrapped(lab, lab.build(scene_network.SCENES, no_biases))
scores = bare.scores(inputs)[np.arange(len(labels)), labels]
for name in ("CP-LRP", "AttnLRP"):
    shared = asked[name](bare, inputs, quantity=xai.Logit(labels), layer="positions").values.sum(axis=(1, 2))
    print(
        f"{name}: the sums lie at most {np.abs(shared - scores).max():.1f} from the scores of {scores.mean():.1f} on average."
    )
    assert np.allclose(shared, scores, rtol=1e-2, atol=1e-2) == (name == "CP-LRP")

# %% [markdown]
r"""
**Its limits.** AttnLRP, which goes back through the softmax, does not sum to the score, and neither does with biases:
they keep their share. What is lost is printed under *Figures*, below the picture. And adding up is not being right: CP-LRP
adds up, and tells two digits apart less often than AttnLRP.

## 5. The check: forget what was learnt

As in lesson 7: replace weights by random ones, from the head down.

> **Predict.** Which of the maps does not change when the *head* has forgotten everything? And which still shows the
> digit when three of the four blocks are random?

Beside the trained network stand three that have forgotten: in *no head* the head is random, in *block 1* all but the
patches and the first block, in *none* everything. Look at what they answer, and change the method.
"""

# %%
forgotten = dict(scene_network.forgetful(weights, seed=5))
shown = {"trained": model}
for words, last in (("no head", "head"), ("block 1", "block 2"), ("none", "patches")):
    shown[words] = scene_network.wrapped(lab, lab.build(scene_network.SCENES, forgotten[last]))
xai.explore(shown, few.pictures, method="attention_rollout", target=str(labels[number]), index=number)

# %%
rolled = {name: scene_network.maps(xai.AttentionRollout(), one, inputs, labels) for name, one in shown.items()}
same = {name: scene_network.alike(rolled["trained"], other) for name, other in rolled.items()}
on_digit = {name: scene_network.overlap(other, masks).mean() for name, other in rolled.items()}
print(
    f"When the head has forgotten, rollout changes by {np.abs(rolled['no head'] - rolled['trained']).max():.4f} at most."
)
for name in ("no head", "block 1", "none"):
    print(f"{name:>8}: likeness to the trained map {same[name]:.2f}, overlap with the digit {on_digit[name]:.2f}")
assert np.abs(rolled["no head"] - rolled["trained"]).max() < 1e-6
assert same["block 1"] > 0.3 > same["none"]
assert on_digit["block 1"] > 0.2 > on_digit["none"]

# %% [markdown]
r"""
`course/reproduce/scenes.py` did this for all methods and three networks, in both frameworks; what it found comes with the
course.
"""

# %%
results = xai_course.results("scenes")
parts = ["head", "block 4", "block 3", "block 2", "block 1", "patches"]
figure = curve("Likeness to the map of the trained network", "what is random, from the head down", "rank correlation")
chosen = ["attention rollout", "attention relevance", "AttnLRP", "integrated gradients", "occlusion", "saliency"]
likeness = {
    name: np.mean([[row[part] for part in parts] for row in results["forgotten"] if row["method"] == name], axis=0)
    for name in chosen
}
for color_number, (name, line) in enumerate(likeness.items()):
    color, dash = COLORS[color_number % len(COLORS)], "solid" if color_number < len(COLORS) else "dashed"
    figure.line(list(range(7)), [1, *line], color=color, line_dash=dash, legend_label=name, line_width=2)
figure.xaxis.ticker = list(range(7))
figure.xaxis.major_label_overrides = dict(enumerate(["nothing", *parts]))
figure.xaxis.major_label_orientation = 0.7
figure.add_layout(figure.legend[0], "right")
assert likeness["attention rollout"][0] > 0.999
assert likeness["saliency"].min() > 0.5
assert max(np.abs(likeness[name]).max() for name in ("AttnLRP", "integrated gradients", "occlusion")) < 0.4
Plot(
    figure, "Saliency stays alike whatever is forgotten, rollout until the first block goes; the others change at once."
)

# %%
by_framework = [
    {
        (row["seed"], row["method"]): [row[part] for part in parts]
        for row in results["forgotten"]
        if row["backend"] == name
    }
    for name in ("torch", "keras")
]
random_ones = {row["method"]: row["two random ones"] for row in results["forgotten"]}
apart = max(np.abs(np.subtract(line, by_framework[1][key])).max() for key, line in by_framework[0].items())
print(f"{len(random_ones)} methods, three networks: PyTorch and Keras lie at most {apart:.2f} apart.")
print("Maps of two networks that are random throughout are alike by", end=" ")
print(", ".join(f"{random_ones[name]:.2f} ({name})" for name in ("saliency", "attention rollout", "AttnLRP")))
assert apart < 0.01
assert random_ones["saliency"] > 0.7 > 0.2 > max(abs(like) for name, like in random_ones.items() if name != "saliency")

# %% [markdown]
r"""
**What it shows.** The map of rollout is the same when the head knows nothing, and hardly another one when the last
blocks are random, too: what stands out is what the first block looks at. A network that answers at random has the same
beautiful picture. That is what "attention is not explanation" means (Jain and Wallace 2019, of texts): it is a true
statement about the network's inside, and none about the answer. Saliency fails in its own way. Its map is one over the
deviation of the tokens, which is in the picture and not in what was learnt: even two networks that have learnt nothing
agree on it. Attention relevance keeps a part, because it has the weights of attention as a factor. The maps of AttnLRP,
integrated gradients and occlusion change as soon as the head has.

## 6. What is each good for?

All the same scenes, three networks, both frameworks. *Overlap*: the largest patches of the map, as many as the digit
has, and those of the digit; what both have, divided by what either has. *Inside*: the share of what is positive that
lies on the digit. *Lost*: by how much the probability falls when the largest patches are black. *Told apart*: as above.

> **Predict.** Which method will have the largest overlap? And will it also have the largest share inside?
"""

# %%
names = ["chance", "ink", "last attention", *scene_network.methods()]
columns = {"overlap": "overlap", "inside": "inside", "lost": "lost"}
lines, middle = [], {}
for name in names:
    found = [row for row in results["found"] if row["method"] == name]
    apart = [row["told"] for row in results["told"] if row["method"] == name]
    middle[name] = {key: np.mean([row[key] for row in found]) for key in columns}
    lines.append([name, *(spread(row[key] for row in found) for key in columns), spread(apart) if apart else ""])
Table(
    ["method", *columns.values(), "told apart"],
    lines,
    "Mean and spread over three networks in two frameworks; 150 scenes with one digit, 100 with two.",
)

# %%
assert middle["attention rollout"]["overlap"] > middle["AttnLRP"]["overlap"] > middle["ink"]["overlap"]
assert middle["AttnLRP"]["inside"] > middle["attention relevance"]["inside"] > middle["attention rollout"]["inside"]
assert middle["saliency"]["overlap"] < middle["chance"]["overlap"]
often = {name: [row["told"] for row in results["told"] if row["method"] == name] for name in chosen}
assert min(often["AttnLRP"] + often["integrated gradients"]) > max(often["attention relevance"])

# %% [markdown]
r"""
**What it shows.** Rollout and occlusion have the largest overlap, since they colour the whole digit; AttnLRP has the
largest share inside, since it colours a few strokes and hardly anything else. These are two questions, and no method is
the best at both. That a map lies on the digit says little by itself: ink alone, which knows no network, is four times
as good as chance. AttnLRP and integrated gradients tell two digits apart more often than attention relevance does, in
each of the three networks.

Digits are one thing. In *drawn flowers* (after Oramas, Wang and Tuytelaars 2019) one part tells the class, such as blue
petals or a red stem; the pot has one of the same colours, at random. A transformer and a convolutional network learnt
them (`course/reproduce/flowers.py`).
"""

# %%
flowers = xai_course.results("flowers")["found"]
kinds_of_network, parts_of_flower = ("transformer", "convolutional"), ("petals", "stem")


def overlaps(method, kind, part):
    """Return the mean overlap over seeds and frameworks, or a dash where the method is not for the network."""
    found = [row["overlap"] for row in flowers if (row["method"], row["network"], row["part"]) == (method, kind, part)]
    return spread(found) if found else "-"


pairs = [(kind, part) for kind in kinds_of_network for part in parts_of_flower]
Table(
    ["method", *(f"{kind}, {part}" for kind, part in pairs)],
    [[name, *(overlaps(name, *pair) for pair in pairs)] for name in dict.fromkeys(row["method"] for row in flowers)],
    "Overlap with the part that tells the class; mean and spread over three networks of each kind, in both frameworks.",
)

# %%
grad_cam = {
    kind: [row["overlap"] for row in flowers if row["method"] == "Grad-CAM" and row["network"] == kind]
    for kind in kinds_of_network
}
for kind, found in grad_cam.items():
    print(f"Overlap of Grad-CAM with the part, {kind} network: {min(found):.2f} to {max(found):.2f}")
by_relevance, by_rollout = (
    [row["overlap"] for row in flowers if (row["method"], row["part"]) == (name, "petals")]
    for name in ("attention relevance", "attention rollout")
)
print(f"Overlap of attention relevance with the petals: {min(by_relevance):.2f} to {max(by_relevance):.2f},")
print(f"of rollout {min(by_rollout):.2f} to {max(by_rollout):.2f}, by which transformer is asked.")
assert min(grad_cam["convolutional"]) > 0.4
assert max(grad_cam["transformer"]) < 0.3
assert max(by_relevance) > 2 * min(by_relevance)

# %% [markdown]
r"""
**What it shows.** What works for one kind of network need not work for the other. In the convolutional network
Grad-CAM finds half of what it should, as its places stand for what is below them. In the transformer it finds next to
nothing: there a token of the last block has long been a mixture. Occlusion and integrated gradients do not ask what is
inside, and find the part in both. In the transformer rollout does well, too, even on the thin stem. But three transformers
that are right equally often differ more than most methods do: in one of them attention relevance finds the petals best
of all, in the next it is among the worst.

What to ask, then?

| question | ask |
|---|---|
| Where does the network look, whatever it answers? | rollout; raw attention for one head |
| What in the picture speaks for this class, and what for that one? | AttnLRP, integrated gradients, occlusion |
| Which of what it looks at raises this score? | attention relevance |
| Does the score add up? | CP-LRP without biases; integrated gradients |
| Is the network open to changes in an empty corner? | saliency |

**Its limits.** All this is measured on small networks, which were trained for minutes. Large ones have habits of their
own: some put much attention on a few patches of background, and use them to keep notes (Darcet, Oquab, Mairal and
Bojanowski 2024).

## What to remember

- Attention says where values come from. It does not say what they are, nor for which class.
- Rollout follows it through the blocks, and cannot tell two classes apart.
- Let the class in: by the gradient (attention relevance), by sharing the score out (AttnLRP), or from outside
  (integrated gradients, occlusion).
- Behind the last attention the patches of a network with a class token have a gradient of exactly zero.
- A layer norm makes empty patches the most sensitive ones. Slopes are no reasons.
- Make the network forget before you believe a picture.

## Further reading

- A. Dosovitskiy and others (2021), *An Image is Worth 16x16 Words*, ICLR: the network.
- A. Vaswani and others (2017), *Attention Is All You Need*, NeurIPS.
- S. Abnar, W. Zuidema (2020), *Quantifying Attention Flow in Transformers*, ACL: rollout.
- H. Chefer, S. Gur, L. Wolf (2021), *Generic Attention-model Explainability for Interpreting Bi-Modal and
  Encoder-Decoder Transformers*, ICCV.
- A. Ali, T. Schnake, O. Eberle, G. Montavon, K.-R. Müller, L. Wolf (2022), *XAI for Transformers: Better Explanations
  through Conservative Propagation*, ICML.
- R. Achtibat and others (2024), *AttnLRP: Attention-Aware Layer-Wise Relevance Propagation for Transformers*, ICML.
- S. Jain, B. C. Wallace (2019), *Attention is not Explanation*, NAACL; and S. Wiegreffe, Y. Pinter (2019), *Attention
  is not not Explanation*, EMNLP.
- T. Darcet, M. Oquab, J. Mairal, P. Bojanowski (2024), *Vision Transformers Need Registers*, ICLR.
"""
