# %% [markdown]
r"""
# 12. Text: which words made it a good review?

{{badges}}

**Aim.** A text is a row of words, and a word has no slope: there is nothing between "good" and "great". You learn
how a tokenizer cuts a text up, where a gradient can be taken all the same, how to give each word one number, what
taking words away tells, and you find a word on which a network relies without reason.

**Time.** 35 to 45 minutes: corpus, tokenizer and network 10, words as vectors 10, the widget 10, the shortcut 10,
exercises 5.

**You need** lesson 1 (integrated gradients) and lesson 8 (input modification). No GPU, no data: the reviews are
written by a grammar, and a small network that has read them comes with the course, with its tokenizer.
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

    packages = ["xai-widgets @ git+{{repository}}", "tokenizers"]
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
from xai_course import lesson_12 as check
from xai_course import text as text_network
from xai_course.plots import COLORS, Plot, curve, summary

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
## 1. Reviews whose truth is known

A small grammar writes reviews of films. Each holds two or three judgements; *not* and *never* turn one around; what
comes after *but* counts twice. So we know which words a reader should go by, which we never know of real texts. There
is one trap. Some reviews end with what the people ate. In the training reviews *popcorn* goes with good ones, and
*chocolate* and *tea* with bad ones. In the test reviews none of them means anything.
"""

# %%
reviews = xai_course.write_reviews()
print(reviews)
for text, label in zip(reviews.train[:4], reviews.y_train[:4], strict=True):
    print(f"{reviews.classes[label]:>5}: {text}")

# %% [markdown]
r"""
No network reads letters. A *tokenizer* cuts the text into tokens, each with a number. This one was trained on the
reviews (WordPiece, Schuster and Nakajima 2012; the kind that BERT has): it makes all letters small, keeps frequent words
whole, cuts others into pieces, of which all but the first begin with `##`, and puts the marks `[CLS]` and `[SEP]` around
a text. So it can read words that nobody has written before, piece by piece; what it has no piece for is `[UNK]`. It knows
of each token where in the text it stood, and that is how colours find their way back.
"""

# %%
tokenizer = text_network.tokenizer()
encoding = tokenizer.encode("On Monday a chess film: brilliant")
for token, number, (start, end) in zip(encoding.tokens, encoding.ids, encoding.offsets, strict=True):
    print(f"{token:>9} {number:>4}   letters {start} to {end}")
assert encoding.tokens[2:4] == ["mo", "##nday"]

# %% [markdown]
r"""
The network turns each token into 16 numbers (an *embedding*, which it learns), looks at three neighbouring tokens at a
time with 32 filters, keeps for each filter the strongest place, and scores *bad* and *good* (after Kim 2014).
"""

# %%
network = text_network.network(lab)  # text_network.trained(lab, reviews, seed) trains another one, in seconds
right = text_network.right(lab, network, reviews.test, reviews.y_test, reviews)
learnt = text_network.right(lab, network, reviews.train, reviews.y_train, reviews)
print(f"It reads {learnt.mean():.2f} of the training reviews correctly, and {right.mean():.2f} of the test reviews.")
assert learnt.mean() > 0.98
assert right.mean() < learnt.mean() - 0.05

# %% [markdown]
r"""
That is a warning: something in the training reviews does not hold in the test reviews, or it has learnt them by heart.
Which of the two, and what it is, the two numbers do not say.

## 2. Where is the slope of a word?

The network's input is a row of *numbers of tokens*: 197 for "good", 185 for "clever". Number 197.5 is no
token, so the score has no derivative by it. But behind the embedding, token $i$ is a vector $e_i$ of 16 numbers, and the
score is a smooth function of those. So we cut there: the slice is the layer `embedding`, and the path of integrated
gradients runs from the vectors of *nothing*, the padding $p$, to those of the text. The marks around the text stay where
they are, on the whole path: a review without them is none that the network has ever seen.

$$a_i = \sum_{d} \left( e_{id} - p_d \right) \int_0^1 \frac{\partial q}{\partial e_{id}} \bigl( p + \alpha (e - p) \bigr)\, d\alpha$$

In words: the 16 values of a token are added up, and so are those of the pieces of a word, and the word has one number.
All numbers of the text add up to what the text changed (Sundararajan, Taly and Yan 2017 do so for questions to a
database).
"""

# %%
model = xai.wrap(network, tokenizer=tokenizer, classes=reviews.classes, input_shape=(40,))
text = "We went on Monday the plot was not clever but the music was brilliant"
path = xai.IntegratedGradients(steps=128)(model, text, quantity=xai.Margin("good", "bad"))
print(f"values {path.values.shape}: 40 tokens, 16 numbers each; the gap is {path.gap:.1%}")
print(f"The mark in front of the text has {path.map[0]:.1f} of it.")
assert path.map[0] == 0
assert path.values.shape == (40, 16)
assert path.gap < 0.05
assert np.isclose(path.map.sum(), sum(number for _, number in path.words), atol=1e-4)

# %% [markdown]
r"""
> **Predict.** Read the review. Which words will speak for *good*, which for *bad*? What will the network make of
> *not*? Of *monday*?

Type a review of your own into the box. The answer and the colours follow; they lie on the text as you wrote it, and over
a word that was cut up you read what each piece gets. Then change the method: *feature ablation* takes one word away at a
time, with all of its pieces.
"""

# %%
xai.tokens(model, [text, *reviews.test[:3]], target="good", contrast="bad")

# %% [markdown]
r"""
**What it shows.** *brilliant* gets the largest value, and some of it falls on the word before: the network looks at
three tokens at a time, so "was brilliant" can be one thing for it. *not clever* is another, and speaks against. The day
of the week gets little. *We* gets more, and against: that is odd, for it says nothing about the film. How should the
credit for "not clever" be divided between the two words? There is no right answer to that. Different methods divide it
differently.

**The idea.** Taking a word away asks something else than its slope: what would the network say *without* it? *not* is
worth much as long as *clever* stands behind it, and nothing without. So it matters what else is there, and Shapley
values (lesson 9) take words away in every order, and average.
"""

# %%
ways = {
    "integrated gradients": xai.IntegratedGradients(steps=64),
    "feature ablation": xai.FeatureAblation(),
    "Shapley, sampled": xai.ShapleySampling(samples=64),
}
found = {name: way(model, text, quantity=xai.Margin("good", "bad")).words for name, way in ways.items()}
words = text.split()
values = {name: np.array([number for _, number in pairs]) for name, pairs in found.items()}
place = {word: words.index(word) for word in ("not", "clever", "brilliant", "Monday")}
for found in values.values():
    assert found[place["brilliant"]] > 0 > found[place["not"]]
    assert found[place["brilliant"]] > abs(found[place["Monday"]])

figure = curve("Three ways to give each word a number", "", "for good rather than bad")
for color, (name, found) in zip(COLORS, values.items(), strict=False):
    figure.line(list(range(len(words))), found, color=color, legend_label=name, line_width=2)
    figure.scatter(list(range(len(words))), found, color=color, legend_label=name, size=7)
figure.xaxis.ticker = list(range(len(words)))
figure.xaxis.major_label_overrides = dict(enumerate(words))
figure.xaxis.major_label_orientation = 0.8
figure.legend.location = "top_left"
Plot(figure, 'All three have "brilliant" for and "not" against; they divide pairs of words differently.')

# %% [markdown]
r"""
**Its limits.** "Without a word" means: with the padding in its place. The network has seen paddings at the end of
reviews only, never in the middle of a sentence. What it says about such a text may be anything.

### Exercise 1: one number for each token

`values` are the 40 x 16 attributions at the embedding. Write the function that gives each token its number, so that
the numbers of all tokens add up to the same sum.

<details><summary>A hint</summary>

Completeness is a promise about a *sum*. A norm throws the signs away.

</details>
"""


# %% only=student tags=exercise
def my_words(values): ...  # your line


check.one_number_each(my_words)


# %% only=wrong tags=wrong
def my_words(values):
    return np.linalg.norm(values, axis=1)


check.one_number_each(my_words)


# %% only=solution tags=solution
def my_words(values):
    return values.sum(axis=1)


check.one_number_each(my_words)

# %% [markdown]
r"""
## 3. The word that should not count

> **Predict.** A bad review that mentions popcorn: what will the network say? And which colour will *popcorn* have?
"""

# %%
bad = [number for number, label in enumerate(reviews.y_test) if label == 0]
with_popcorn = [number for number in bad if "popcorn" in reviews.test[number].split()]
without = [number for number in bad if number not in with_popcorn]
wrong = {name: 1 - right[group].mean() for name, group in (("with popcorn", with_popcorn), ("without", without))}
for name, group in (("with popcorn", with_popcorn), ("without", without)):
    print(f"{name}: of {len(group)} bad reviews it calls {wrong[name]:.2f} good.")
assert wrong["with popcorn"] > 2.5 * wrong["without"]

fooled = [reviews.test[number] for number in with_popcorn if not right[number]]
xai.tokens(model, fooled[:4], target="good", contrast="bad")

# %% [markdown]
r"""
One striking example is not yet a proof. So we collect: what does each word get on average, over all test reviews?
"""

# %%
found = xai.IntegratedGradients(steps=16)(model, list(reviews.test), quantity=xai.Margin("good", "bad"))
collected = {}
for numbers in found.words:
    for word, number in numbers:
        collected.setdefault(word, []).append(number)
average = {word: np.mean(numbers) for word, numbers in collected.items()}
ranking = sorted(average, key=average.get, reverse=True)
print("The word that speaks most for good:", ranking[0])
print(f"It counts {average[ranking[0]] / average[ranking[1]]:.1f} times as much as the next, {ranking[1]}.")
rank = len(ranking) - ranking.index("chocolate")
print(f"Of {len(ranking)} words, chocolate is number {rank} among those that speak most against.")
assert average["popcorn"] > 0
assert "chocolate" in ranking[-10:]

# %% [markdown]
r"""
And one network is not yet a proof either. `course/reproduce/reviews.py` trained the same network from eight seeds in both
frameworks; what it found comes with the course. It tested them on 10,000 reviews of the same grammar: of our 500 only
42 are bad ones with popcorn, and how often a network errs on 42 tells a ratio to a quarter, no better.
"""

# %%
trainings = xai_course.results("reviews")["networks"]
leads = np.array([row["lead"] for row in trainings])
times = np.array([row["wrong with"] / row["wrong without"] for row in trainings])
print(f"{len(trainings)} networks, each wrong {times.min():.1f} to {times.max():.1f} times as often with popcorn;")
print(f"in {(leads > 1).sum()} of them it is the word that speaks most for good.")
assert times.min() > 4
summary(
    trainings,
    by=["backend"],
    columns={
        "train": "training reviews",
        "test": "test reviews",
        "wrong with": "bad called good, with popcorn",
        "wrong without": "without",
    },
    digits=2,
    caption="Shares of 2000 training and 10,000 test reviews, mean and spread over eight seeds.",
)

# %% [markdown]
r"""
**What it shows.** The test accuracy, well below that on the training reviews, told *that* something is wrong. It did
not tell what. The colours do, and at once: the network goes by what people ate. It is the pink wall of lesson 3 in
words. And no single review told about chocolate; the list did. Every network has fallen for the popcorn, but not all
as deeply: in one of sixteen another word stands above it in the list. Who had trained only that one might have
overlooked it.

**Its limits.** We knew what to look for. In a real corpus nobody tells you the word. You would read the list, and ask
of each word near its ends whether it should be there.

### Exercise 2: fool it

Write a review that is *bad* by the rules of the grammar, and that the network calls good. Only words of the
vocabulary count.

<details><summary>A hint</summary>

One weak judgement, and something to eat.

</details>
"""

# %% only=student tags=exercise
my_review = ...

check.fooled(my_review, model, reviews)

# %% only=wrong tags=wrong
my_review = "the plot was brilliant and we had popcorn"

check.fooled(my_review, model, reviews)

# %% only=solution tags=solution
my_review = "the hero was silly we had popcorn"

check.fooled(my_review, model, reviews)

# %% [markdown]
r"""
## What to remember

- A network reads tokens. What stands around a text is part of every text, also of the empty one.
- Tokens have no slopes; their vectors have. Cut at the embedding, and add up the values of each word.
- "Nothing" is a choice here as everywhere: the padding, or another word.
- Slopes and taking away ask different questions. Where words work together, as in "not good", they divide the credit
  differently.
- A word that should not count, and does, is seen at once in colours. Then collect, and count.

## Further reading

- Y. Kim (2014), *Convolutional Neural Networks for Sentence Classification*, EMNLP: the network.
- M. Schuster, K. Nakajima (2012), *Japanese and Korean Voice Search*, ICASSP: WordPiece.
- M. Sundararajan, A. Taly, Q. Yan (2017), *Axiomatic Attribution for Deep Networks*, ICML: sections on text.
- P. K. Mudrakarta, A. Taly, M. Sundararajan, K. Dhamdhere (2018), *Did the Model Understand the Question?*, ACL:
  words that should count and do not.
"""
