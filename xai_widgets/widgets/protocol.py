"""What widgets and their front ends say to each other, declared once.

What the browser sends is held against these types before anything else looks at it (`conformity`), a test holds what
the kernel sends against them, and ``js/src/shared/protocol.ts`` is made from them (``js/protocol.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NotRequired, TypedDict

# What there is to choose from.

Condition = tuple[str, Sequence[str]]
"""The name of an option, and the values of it that are meant."""

Ends = tuple[str, str]
"""What the lower and the upper end of a colour scale mean; the lower is empty where values are never negative."""


class OptionEntry(TypedDict):
    """One choice of a method, of an attack or of the drawing; controls are built from nothing else."""

    name: str
    kind: Literal["integer", "number", "choice"]
    default: float | str | None
    """None where nothing but the person can say it, such as rows of a table."""
    label: str
    sentence: str
    minimum: float | None
    maximum: float | None
    slider: tuple[float, float] | None
    zero_last: bool
    """Whether 0 means all that there are and stands at the slider's right end."""
    scale: Literal["linear", "doublings"]
    step: float | None
    unit: str
    choices: Sequence[str] | None
    at_most: str | None
    """The name of another option that this one may not exceed."""
    labels: dict[str, str]
    """What choices are called where their own name would not do."""
    when: Condition | None
    """Another option, and its values with which this one counts."""
    choices_when: dict[str, Condition]
    """The same for single choices."""
    shown: bool
    aside: bool
    """Whether the control may stand behind the others, unfolded on request."""


Values = dict[str, Any]
"""The values of options by name."""


class MethodEntry(TypedDict):
    """A method of the catalogue."""

    name: str
    label: str
    sentence: str
    reference: str
    family: str
    """The name of its family, one of the catalogue's."""
    alike: str
    """What is said beside the class where another one makes no other map; empty where it does."""
    takes_layer: bool
    needs_layer: bool
    """Whether it is always at a layer; where none is named, at one that it chooses."""
    options: Sequence[OptionEntry]


class FamilyEntry(TypedDict):
    """What several methods have in common; they stand in the menu in this order."""

    name: str
    label: str
    sentence: str


class PictureEntry(TypedDict):
    """One of the inputs as it is shown."""

    label: str
    width: int
    height: int
    src: str
    values: NotRequired[Sequence[float]]
    """Of a row of a table."""


class AddedEntry(PictureEntry):
    """A picture that was added in the page."""

    remark: str
    """What was done to it, in words."""
    away: bool
    """Whether it was taken away: its number and its name stay, and `src` is empty."""


class Adding(TypedDict):
    """Which pictures can be added in the page."""

    width: int
    height: int
    resize: str
    """How others come to this size; empty is to be asked."""
    taken: str
    """Where a picture goes that is taken with a camera, to be said before."""


class QuantityEntry(TypedDict):
    """A kind of quantity."""

    name: str
    label: str
    sentence: str
    compares: bool
    """Whether it can be asked rather than which other class."""
    of_layer: bool
    """Whether it is a layer's channel and not a class."""


class ColormapEntry(TypedDict):
    """A ramp of colours."""

    kind: str
    """A "diverging" one spans -1 to 1, a "sequential" one 0 to 1."""
    colors: Sequence[Sequence[float]]
    """Red, green and blue, 0 to 255, of evenly spaced places on it."""


class Catalogue(TypedDict):
    """What there is to choose from; it never changes while the widget lives."""

    models: Sequence[str]
    classes: Sequence[str]
    layers: Sequence[str]
    methods: Sequence[MethodEntry]
    families: Sequence[FamilyEntry]
    quantities: Sequence[QuantityEntry]
    pictures: Sequence[PictureEntry]
    adds: Adding | None
    """Which pictures can be added; None is none."""
    columns: Sequence[str] | None
    """What the columns are called where the inputs are rows of a table."""
    segmentation: bool
    """Whether the models answer at each place."""
    drawing: Sequence[OptionEntry]
    """What can be chosen of how the maps are drawn, by the names of `Display`."""
    colormaps: dict[str, ColormapEntry]
    first: Values
    """The settings that the widget was made with: what is asked, and under "display" how it is drawn."""


# What is asked, and how the answer is drawn.


class Cell(TypedDict):
    """One method of a grid."""

    method: str
    options: Values
    layer: str | None


class Question(TypedDict):
    """What a picture answers: what the kernel needs to know and nothing else."""

    method: str
    target: int | None
    """The class explained; None is the top class of the picture."""
    contrast: int | None
    """The class it is held against; None is nothing else."""
    layer: str | None
    index: int
    """Which picture."""
    options: Values
    quantity: str
    """What is explained of the class, or that it is a channel; one of the catalogue's quantities."""
    channel_layer: str | None
    channel: int | None
    """Which channel; None is the most influential one."""
    grid: Sequence[Cell]
    """Several methods at once; none is one method alone."""
    focus: int
    """Which of them the method, the options and the layer above are."""


QUESTION_TRAITS = tuple(Question.__annotations__)
"""What can be asked, by name."""


class Look(TypedDict):
    """How a map is drawn; none of it concerns the kernel."""

    layout: str
    colormap: str
    sign: Literal["both", "positive", "absolute"]
    clip: float
    opacity: float
    smoothing: float


class Display(Look):
    """The same, whether the maps of several models share a colour scale, and whether it fills the stage."""

    scale: Literal["own", "shared"]
    presenter: bool


class Spot(TypedDict):
    """A place of a picture with a show of hands."""

    x: float
    """Its middle, as shares of the width and the height of the picture."""
    y: float
    hands: int


class Mark(TypedDict):
    """What is marked on a picture before its map is seen."""

    area: Sequence[int]
    """What was painted: how many places in reading order are outside, then inside, and so on; empty is nothing."""
    spots: Sequence[Spot]
    revealed: bool
    """Whether the map has been shown."""


class Traits(Question):
    """The traits of an explorer."""

    display: Display
    predict_first: bool
    """Whether the map of a picture is hidden until it is revealed."""
    marks: dict[str, Mark]
    """By the number of the picture."""
    catalogue: Catalogue
    _added: Sequence[AddedEntry]
    """The pictures that were added since."""
    _snapshot: Any
    """The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened."""


# What the kernel sends.


class PackedArray(TypedDict):
    """Numbers as text: 16 bits each, in units of `scale`."""

    scale: float
    data: str


class UnheardFrames(TypedDict):
    """The newest frame of each view, as a trait: pages without a kernel find it there."""

    version: Literal[2]
    frames: Sequence[Any]
    arrays: Sequence[Sequence[PackedArray]]
    """What the buffers of each frame hold."""


class Message(TypedDict):
    """What every message from the kernel carries, whatever the widget."""

    frame: int
    generation: int
    request: int | None


class Progress(Message):
    """What every frame says of its view."""

    type: Literal["frame"]
    view: int
    """Which of the views: a grid has one for each method and model, models last."""
    views: int
    """Of how many."""
    first: bool
    final: bool
    stopped: bool
    evaluations: int
    planned: int
    change: float | None
    led: bool
    """Whether all views that come first are shown with it: a request that came sooner would only wait."""
    news: dict[str, Any] | None
    """What is new since the last header of this view, in place of one that says all of it once more."""


class Prediction(TypedDict):
    """A class, and what the model says of it."""

    index: int
    name: str
    probability: NotRequired[float | None]
    value: NotRequired[float | None]


class Runs(TypedDict):
    """A mask: how many places in reading order are outside, then inside, and so on."""

    height: int
    width: int
    runs: Sequence[int]


class ExplainedChannel(TypedDict):
    """The channel that is explained, and how many its layer has."""

    index: int
    count: int


class Header(TypedDict):
    """What is said once for each picture, with its first frame."""

    state: Question
    code: str
    title: str
    """What stands above the picture."""
    quantity: str
    """What is explained, in words."""
    predictions: Sequence[Prediction]
    remark: str
    """What the choices of the method amount to, in words."""
    ends: Ends
    explained: int | None
    """The class that is explained where none was chosen."""
    outline: Runs | None
    """Where the model says that class, for one that answers at each place."""
    channel: ExplainedChannel | None


class Difference(TypedDict):
    """How far the maps of several models are apart."""

    largest: float
    relative: float | None


class Fact(TypedDict):
    """Something to know of a map beside its numbers."""

    label: str
    value: str
    sentence: str


class FrameMessage(Progress):
    """A map; its values are in the buffer."""

    shape: Sequence[int]
    gap: float | None
    absolute_gap: float | None
    score: float | None
    exact: bool
    """Whether all there was to compute is computed."""
    within: float | None
    """How far it may be off, as a part of its largest value, where that is known."""
    difference: Difference | None
    facts: Sequence[Fact]
    layer: str | None
    """The layer of the map; None is the input."""
    header: Header | None


class ErrorMessage(Message):
    """What went wrong, with a view or with a request."""

    type: Literal["error"]
    view: int | None
    views: NotRequired[int]
    message: str


class WorkingMessage(Message):
    """There is work before the first frame of a view."""

    type: Literal["working"]
    view: int


class KeptMessage(Message):
    """What is on the screen as one keeps it, since the screen has asked."""

    type: Literal["kept"]
    code: str
    """The Python line that makes another widget like this one."""


FileKind = Literal["png", "svg", "csv"]


class SavedMessage(Message):
    """What is on the screen as a file, which is in the buffer."""

    type: Literal["saved"]
    asked: int
    """The number of the question that it answers."""
    name: str
    """What to call the file."""
    media: str
    """What kind of file it is, as browsers call it."""


Refusals = dict[str, str]
"""Why methods are not for the models, by name."""


class OfferMessage(Message):
    """What the kernel found out about its models after the first pictures."""

    type: Literal["offer"]
    refusals: Refusals
    layers: dict[str, Sequence[str]]
    """The layers of the methods that do not fit all, by name."""
    options: dict[str, Sequence[OptionEntry]]
    """The options of the methods that count something of the networks, by name."""


class DotsRow(TypedDict):
    """Numbers that are drawn as dots on one line."""

    name: str
    values: Sequence[float]
    """Of many some."""
    mean: float
    """That of all."""


class BarsRow(TypedDict):
    """One of several numbers that sum to something."""

    name: str
    value: float


class CurvePart(TypedDict):
    """A function whose area counts, over 0 to 1."""

    kind: Literal["curve"]
    label: str
    x: Sequence[float]
    y: Sequence[float]
    ends: tuple[str, str]
    """What lies at 0 and at 1."""


class DotsPart(TypedDict):
    """Rows of numbers on one scale, each with its mean."""

    kind: Literal["dots"]
    label: str
    rows: Sequence[DotsRow]


class PicturesPart(TypedDict):
    """Small pictures, each with a number; the pixels are in a buffer: red, green, blue and opacity."""

    kind: Literal["pictures"]
    label: str
    values: Sequence[float]
    width: int
    height: int
    buffer: int


class BarsPart(TypedDict):
    """Numbers that sum to something."""

    kind: Literal["bars"]
    label: str
    rows: Sequence[BarsRow]


class MechanismMessage(Message):
    """How the value at a place of a map arises."""

    type: Literal["mechanism"]
    view: int
    at: Sequence[int]
    """The place of the map."""
    asked: int
    """The number of the question that it answers."""
    value: float | None
    """That of the map there; None where it is not known how it arises, and the sentence says why."""
    sentence: str
    """How it arises, in words that go on after the value, or why that is not known."""
    parts: Sequence[CurvePart | DotsPart | PicturesPart | BarsPart]


# What the browser sends.


class Hello(TypedDict):
    """A page has opened: it needs what is on the screen."""

    type: Literal["hello"]


class Bye(TypedDict):
    """Nobody looks any more: the last view of the widget on a page was taken away."""

    type: Literal["bye"]


class Acknowledge(TypedDict):
    """All frames up to this one are painted."""

    type: Literal["acknowledge"]
    frame: int


class Request(TypedDict):
    """Show this, while a control is moved: the traits stay as they are. Buffers hold paint."""

    type: Literal["request"]
    request: int
    state: dict[str, Any]
    """What is to change of what is asked; what it leaves out stays as it is."""
    painted: NotRequired[int]
    """All frames up to this one are painted: a request takes along what would be a message of its own."""


class Settle(TypedDict):
    """Make this the widget's own: the traits follow, and with them Python."""

    type: Literal["settle"]
    request: int
    changes: dict[str, Any]


class Inspect(TypedDict):
    """Say how a value of a picture arises, once the picture is complete."""

    type: Literal["inspect"]
    request: int
    """A number of its own, which comes back."""
    view: int
    at: Sequence[int] | None
    """The place of the map; None is none any more."""


class Keep(TypedDict):
    """Say what is on the screen as one keeps it."""

    type: Literal["keep"]


class Save(TypedDict):
    """Send what is on the screen as a file."""

    type: Literal["save"]
    asked: int
    """A number of its own, which comes back."""
    kind: FileKind
    scale: int
    """How many pixels of a picture a pixel of the page is: 1, 2 or 4."""


class Add(TypedDict):
    """Take one more picture, and show it; its pixels are in a buffer: red, green, blue and opacity."""

    type: Literal["add"]
    request: int
    name: str
    width: int
    height: int
    was: tuple[int, int]
    """Its width and height before the page made it smaller, to send it."""
    clear: bool
    """Whether some of it let the ground through, which is white now."""
    resize: str
    """How it comes to the size of the others; empty where it has to have it."""


class Remove(TypedDict):
    """Take a picture away that was added."""

    type: Literal["remove"]
    request: int
    index: int


class Stop(TypedDict):
    """Refine no further."""

    type: Literal["stop"]


# The painter.


class Patch(TypedDict):
    """A rectangle of paint, whose pixels are in a buffer: red, green, blue and opacity."""

    index: int
    x: int
    y: int
    width: int
    height: int
    by: str
    """The page that painted it."""


class PaintQuestion(Question):
    """What is asked of a painter."""

    paint: Sequence[Patch]
    bare: bool
    """Whether the picture is looked at as it was given."""


class PaintCatalogue(Catalogue):
    """What there is to choose from, and to paint with."""

    grey: bool
    """Whether the models see no colours."""


class PaintHeader(Header):
    """What is said of a picture, and what the model says of it without paint."""

    before: Sequence[Prediction]
    bare: bool
    """Whether it is the picture without paint."""


class Painted(TypedDict):
    """The paint as Python knows it: the layers of the pictures, and the page that painted last; None is Python."""

    by: str | None
    layers: dict[str, Sequence[int]]


class PaintTraits(Traits):
    """The traits of a painter."""

    _paint: Painted


# The explorer of texts.


class TokenQuestion(Question):
    """What is asked of a text that is being typed."""

    text: NotRequired[str]


class TokenCatalogue(Catalogue):
    """What there is to choose from."""

    can_type: bool
    """Whether the models know their words, so that one can type."""


class Word(TypedDict):
    """A piece of a text that is coloured as one."""

    text: str
    before: str
    """What is written between the word before it and this one."""
    tokens: Sequence[int]
    """The places of its tokens: its value is the sum over their values in the map."""
    pieces: Sequence[str]
    """What the tokens are called; empty where there is one, which is the word itself."""
    known: bool
    """Whether the model knows it."""


class TokenHeader(Header):
    """What is said of a text: its words as they are written, and what lies between and beside them."""

    words: Sequence[Word]
    after: str
    """What is written behind the last word."""
    unread: str
    """What is written behind that, for which the model has no room."""
    beside: Sequence[int]
    """The places of the tokens that stand nowhere in the text."""
    beside_label: str
    """What these are called, such as [CLS] [SEP]; empty where they are padding."""


class TokenTraits(Traits):
    """The traits of an explorer of texts."""

    text: str


# The explorer of several inputs.


class PartEntry(TypedDict):
    """One of the inputs of a network of several."""

    name: str
    kind: Literal["picture", "table", "text"]
    columns: Sequence[str] | None
    """What the numbers of a row are called."""
    ranges: Sequence[tuple[float, float]] | None
    """From where to where the slider of each of these goes."""
    can_type: bool
    """Whether something can be typed in its place."""
    divisions: dict[str, str]
    """Into what it can be divided, in place of being one feature, and what that is called."""


class GivenPart(TypedDict):
    """What was given for one of the inputs."""

    src: str
    """Of a picture."""
    width: int
    height: int
    values: Sequence[float] | None
    """Of a row."""
    text: str | None


class InputsCatalogue(Catalogue):
    """What there is to choose from."""

    parts: Sequence[PartEntry]
    inputs: Sequence[Sequence[GivenPart]]
    """For each input that was given its parts."""


class PartWord(Word):
    """A word of a text in which words can be struck out."""

    struck: bool


class PartText(TypedDict):
    """A text as it is in view."""

    words: Sequence[PartWord]
    after: str
    unread: str
    beside: Sequence[int]
    beside_label: str


class PartSaid(TypedDict):
    """What is said of one of the inputs."""

    shape: Sequence[int]
    """Of its map, which lies behind those of the inputs before it."""
    values: Sequence[float] | None
    """Of a row, as it is in view."""
    text: PartText | None


class InputsHeader(Header):
    """What is said of an input of several parts."""

    parts: Sequence[PartSaid]


class InputsMessage(FrameMessage):
    """The maps of all parts, one behind the other."""

    shares: Sequence[float] | None
    """What each part adds altogether; None where values are no contributions, which do not add."""


class InputsTraits(Traits):
    """The traits of an explorer of several inputs."""

    typed: dict[str, Any]
    """What was typed in place of what was given, by the name of the part: a text, or the numbers of a row."""
    struck: dict[str, Sequence[int]]
    """The numbers of the words of a text that are struck out."""
    features: dict[str, str]
    """Into what a part is divided, by its name; one that is not there is one feature."""


# The attacker.

Norm = Literal["l2", "linf"]


class Attack(TypedDict):
    """What is asked of an attacker: an attack, and how the answers are explained."""

    method: str
    options: Values
    index: int
    norm: Norm
    """How the size of a change is measured."""
    epsilon: float
    """How far the attack may go."""
    steps: int
    restarts: int
    target: int | None
    """The class it leads to; None is any other one."""


ATTACK_TRAITS = tuple(Attack.__annotations__)
"""What can be asked, by name."""


class Measure(TypedDict):
    """How far the slider of a norm goes, and where it starts."""

    reach: float
    first: float


class AttackCatalogue(Catalogue):
    """What there is to choose from beside what there is of explanations."""

    norms: dict[str, Measure]
    power: float
    """The slider runs with this power of its position."""
    width: float
    """Largest minus smallest value of an input."""
    attack: Sequence[OptionEntry]
    """The options of the attack itself."""


class AttackTraits(Attack):
    """The traits of an attacker."""

    display: Display
    catalogue: AttackCatalogue
    _snapshot: Any
    """The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened."""


class ClassRow(TypedDict):
    """One class with its probability before and after."""

    index: int
    name: str
    before: float
    after: float


class AttackHeader(TypedDict):
    """What is said once for each picture, with its first frame."""

    state: Attack
    code: str
    radius: float | None
    """Within it nothing can change the answer; None where nothing is certified."""
    ends: Ends
    """What the lower and the upper end of the colour scale of its maps mean."""


class AttackMessage(Progress):
    """A perturbation and the maps before and after; their values are in the buffers."""

    shape: Sequence[int]
    """Of the perturbation: height, width, channels."""
    factor: float
    """By how much the perturbation is magnified to be seen."""
    distance: float
    label: str
    prediction: str
    succeeded: bool
    headline: str
    detail: str
    kind: Literal["certified", "stays", "flipped", "broken"]
    classes: Sequence[ClassRow]
    flips: float | None
    """The smallest distance at which an attack is known to succeed."""
    maps: Sequence[Sequence[int] | None]
    """The shapes of the maps before and after; None while there is none."""
    header: AttackHeader | None


# What is asked of several methods at once, beyond their maps.


class Compared(TypedDict):
    """Several methods of one picture, which a widget compares in its own way."""

    method: str
    options: Values
    layer: str | None
    index: int
    """Which picture."""
    target: int | None
    """The class that is explained; None is the top class of the picture."""
    grid: Sequence[Cell]
    """The methods; none is the one above alone."""
    focus: int
    """Which of them the method, the options and the layer above are."""


COMPARED_TRAITS = tuple(Compared.__annotations__)
"""What can be asked of all of them, by name."""


# The eraser.

Way = Literal["erase", "reveal"]
"""Whether the most relevant is erased first, or revealed first."""


class EraserQuestion(Compared):
    """What is asked of an eraser: methods, and how much of the picture is erased in the order of their maps."""

    way: Way
    share: float
    """How much is erased or revealed, 0 to 1."""
    fill: str | float
    """What stands where something is erased."""
    features: str
    """What is erased at once."""
    size: int
    """The side of a square, about that of a superpixel."""
    steps: int
    """At how many shares the curves are taken."""
    controls: bool
    """Whether maps that know nothing of the network are judged as well."""


ERASER_TRAITS = tuple(EraserQuestion.__annotations__)
"""What can be asked, by name."""


class EraserCatalogue(Catalogue):
    """What there is to choose from beside what there is of explanations."""

    erasing: Sequence[OptionEntry]
    """The options of the erasing itself."""


class EraserTraits(EraserQuestion):
    """The traits of an eraser."""

    display: Display
    catalogue: EraserCatalogue
    _snapshot: Any
    """The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened."""


class EraserHeader(TypedDict):
    """What is said once for each map, with its first frame."""

    state: EraserQuestion
    code: str
    title: str
    """What made the map."""
    quantity: str
    """What is explained, in words."""
    control: str
    """The name of a map that is compared with and asks no network; empty for that of a method."""
    ends: Ends
    fill: str
    """What takes the place of what is erased, as a picture."""
    outline: Runs | None
    """What is known to matter."""


class EraserMessage(Progress):
    """A map, in which order the places of the picture are erased, and the curves as far as they are known.

    The buffers hold the map, and at each place the number in that order: 0 goes first, -1 never.
    """

    shape: Sequence[int]
    places: Sequence[int]
    """The shape of the order."""
    parts: int
    """How many parts there are to erase."""
    measured: str
    """What the curves are of: "probability" or "quantity"."""
    shares: Sequence[float]
    """Where they are known, in rising order."""
    curve: Sequence[float]
    """The most relevant first."""
    other: Sequence[float]
    """The least relevant first."""
    area: float | None
    """Under the curve; None until it is complete."""
    apart: float | None
    """How far the two orders are apart on average (ABPC); None until they are complete."""
    header: EraserHeader | None


# The randomiser.


class Randomise(Compared):
    """What is asked of a randomiser: several methods of one picture, and how much of the network is reset."""

    order: str
    """Whether layers stay reset while the next one below is."""
    depth: int
    """How many groups of layers are reset from the top down, or which one alone; 0 is the trained network."""
    draws: int
    """How often the weights are drawn."""
    measure: str
    """By which measure maps are compared."""


RANDOMISE_TRAITS = tuple(Randomise.__annotations__)
"""What can be asked, by name."""


class DepthEntry(TypedDict):
    """What is reset at a depth."""

    name: str
    """The lowest of its layers."""
    layers: Sequence[str]
    """All that it adds."""


class RandomiseCatalogue(Catalogue):
    """What there is to choose from beside what there is of explanations."""

    depths: Sequence[DepthEntry]
    """The top ones first."""
    randomise: Sequence[OptionEntry]
    """How the network is reset and maps are compared."""
    most: int
    """How many methods there may be at once."""


class RandomiseTraits(Randomise):
    """The traits of a randomiser."""

    display: Display
    catalogue: RandomiseCatalogue
    _snapshot: Any
    """The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened."""


class Likeness(TypedDict):
    """How alike the maps are to that of the trained network, by one measure."""

    means: Sequence[float | None]
    """At each depth, the mean over draws; None while it is not known."""
    errors: Sequence[float | None]
    """Their standard errors; None of less than two draws."""
    nothing: Sequence[float | None]
    """What likeness means nothing: with the edges of the picture, and of two random networks; empty while unknown."""


class RandomiseHeader(TypedDict):
    """What is said once for each picture, with its first frame."""

    state: Randomise
    code: str
    title: str
    """What stands above the picture."""
    quantity: str
    """What is explained, in words."""
    ends: Ends
    """What the lower and the upper end of the colour scale mean."""
    explained: int | None
    """The class that is explained where none was chosen."""


class RandomiseMessage(Progress):
    """A map at one depth, with that of the trained network in a second buffer, and how alike maps are at all depths."""

    shape: Sequence[int]
    says: Prediction
    """What the network answers at this depth."""
    likeness: dict[str, Likeness]
    """By measure."""
    header: RandomiseHeader | None


# The ranker.


class MetricCell(TypedDict):
    """One metric of a table."""

    metric: str
    options: Values


class Ranking(Compared):
    """What is asked of a ranker: methods, the metrics that judge them over all pictures, and which cell is open."""

    metrics: Sequence[MetricCell]
    """The columns."""
    row: int
    """Whose map is open: a method, or what methods are compared with, which come after them."""
    column: int
    """By which metric its pictures are in order."""


RANKING_TRAITS = tuple(Ranking.__annotations__)
"""What can be asked, by name."""


class MetricEntry(TypedDict):
    """A metric as one can choose it."""

    name: str
    label: str
    sentence: str
    reference: str
    better: Literal["higher", "lower"]
    options: Sequence[OptionEntry]


class RankCatalogue(Catalogue):
    """What there is to choose from beside what there is of explanations."""

    metrics: Sequence[MetricEntry]
    most_methods: int
    most_metrics: int


class RankTraits(Ranking):
    """The traits of a ranker."""

    display: Display
    catalogue: RankCatalogue
    _snapshot: Any
    """The last table, `UnheardFrames`: the page keeps it for itself, the kernel where none has listened."""


class RankHeader(TypedDict):
    """What is said once of a table, with its first frame."""

    state: Ranking
    code: str
    titles: Sequence[str]
    """The methods, then what they are compared with."""
    controls: Sequence[str]
    """The names of the latter."""
    labels: Sequence[str]
    """The metrics."""
    better: Sequence[Literal["higher", "lower"]]
    """Which of two values is the better one, of each metric."""
    quantity: str
    """What is explained of the picture that is open, in words."""
    ends: Ends
    outline: Runs | None
    """What is known to matter of that picture."""


class RankMessage(Progress):
    """A table as far as it is filled in; the buffer holds the map that is open, nothing while that is not there."""

    shape: Sequence[int]
    """Of the map."""
    values: Sequence[Sequence[float | None]]
    """Methods by metrics: means over pictures; None while there is none."""
    errors: Sequence[Sequence[float | None]]
    """Their standard errors."""
    ranks: Sequence[Sequence[float | None]]
    """The place of each method in each column, 1 for the best; equals share one."""
    coherence: Sequence[float | None]
    """Kendall's tau of each metric and the next one, without what methods are compared with."""
    inputs: int
    """Over how many pictures the means are."""
    each: Sequence[Sequence[Sequence[float | None]]]
    """What each metric says of each method at each picture: pictures by methods by metrics."""
    header: RankHeader | None


# The dissector.


class Dissecting(TypedDict):
    """What is asked of a dissector: a unit of a layer, a formula of concepts, and which units are out."""

    method: str
    """How units are compared with concepts."""
    options: Values
    index: int
    """Which picture of those at which the unit says most, from 0 on."""
    layer: str
    unit: int | None
    """None is the one that a single concept fits best."""
    formula: Sequence[tuple[str, str]]
    """Concepts with what joins each to those before it, "or", "and" or "and not"; nothing before the first.

    None at all is the one that fits best.
    """
    without: Sequence[int]
    """The units that are taken out of the network."""


DISSECTING_TRAITS = tuple(Dissecting.__annotations__)
"""What can be asked, by name."""


class DissectCatalogue(Catalogue):
    """What there is to choose from beside what there is of pictures."""

    concepts: Sequence[str]
    labelled: bool
    """Whether it is known which classes are right; else answers are compared with those of the whole network."""


class DissectTraits(Dissecting):
    """The traits of a dissector."""

    display: Display
    catalogue: DissectCatalogue
    _snapshot: Any
    """The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened."""


class UnitRow(TypedDict):
    """What fits a unit best."""

    concept: int
    iou: float


class ConceptRow(TypedDict):
    """How many units a concept is the best of."""

    trained: int
    untrained: int | None
    """The same where the network forgot all that it learnt; None while that is not known."""


class FormulaRow(TypedDict):
    """A formula, and how well it fits the unit."""

    formula: Sequence[tuple[str, str]]
    iou: float


class ShareRow(TypedDict):
    """A share of each of two states of a network, as it is and as it was changed; None while it is not known."""

    name: str
    before: float | None
    after: float | None


class AccuracyRow(ShareRow):
    """The accuracy on a class."""

    count: int
    """So many pictures are of this class."""


class DissectHeader(TypedDict):
    """What is said once of a unit, with its first frame."""

    state: Dissecting
    code: str
    units: int
    """How many the layer has."""


class DissectMessage(Progress):
    """How a unit fits concepts over all pictures.

    The buffer holds by how much it exceeds its threshold at the places of the layer, in some pictures.
    """

    shape: Sequence[int]
    """Of the maps: pictures, height, width."""
    unit: int
    top: Sequence[int]
    """Which pictures: those at which the unit says most, the first of them most of all."""
    regions: Sequence[Sequence[int]]
    """Which atom each place of these pictures belongs to: its number, how many places in a row, the next number."""
    threshold: float
    """Above it the unit is on."""
    atoms: Sequence[Sequence[int]]
    """The concepts that occur together, by number: places with the same ones are an atom."""
    pixels: Sequence[int]
    """How many places of all pictures each atom has."""
    hits: Sequence[int]
    """At how many of them the unit is on."""
    rows: Sequence[UnitRow]
    """All units of the layer."""
    concepts: Sequence[ConceptRow]
    mean: float
    """The IoU of units with what fits each best, on average."""
    untrained: float | None
    """The same where the network forgot all that it learnt."""
    best: FormulaRow | None
    """The formula of at most three concepts that fits best; None while not all is counted."""
    optimum: float
    """The IoU of the best formula however long."""
    inputs: int
    """How many pictures are counted."""
    accuracy: Sequence[AccuracyRow]
    header: DissectHeader | None


# The exciter.

Start = Literal["noise", "picture"]
"""What activation maximisation begins with."""


class Exciting(TypedDict):
    """What is asked of an exciter: a class or a channel that is to be excited, or a layer that is inverted."""

    method: str
    """What moves the picture."""
    options: Values
    index: int
    """Which picture is inverted, or begun with."""
    network: str
    """Which of the networks is excited or inverted."""
    layer: str
    channel: int | None
    """None is the class."""
    target: int
    """The class."""
    start: Start


EXCITING_TRAITS = tuple(Exciting.__annotations__)
"""What can be asked, by name."""


class ExciteCatalogue(Catalogue):
    """What there is to choose from beside what there is of pictures."""

    networks: dict[str, Sequence[str]]
    """The layers of each network."""


class ExciteTraits(Exciting):
    """The traits of an exciter."""

    display: Display
    catalogue: ExciteCatalogue
    _snapshot: Any
    """The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened."""


class NetworkRow(TypedDict):
    """What a network says of the picture."""

    network: str
    predictions: Sequence[Prediction]


class InversionRow(TypedDict):
    """How well a layer was met, and how much of the picture came back."""

    layer: str
    error: float
    correlation: float


class ExciteHeader(TypedDict):
    """What is said once of a picture, with its first frame."""

    state: Exciting
    code: str
    channels: int
    """How many the layer has; 0 where that is not known."""
    quantity: str
    """What is excited, in words."""
    real: Sequence[float]
    """The least, the middle and the largest roughness of the pictures that were given."""


class ExciteMessage(Progress):
    """A picture on its way; the buffer holds what becomes of each start, in parts of the range of values."""

    shape: Sequence[int]
    """Starts, height, width, channels."""
    best: int
    """Which of the starts it is."""
    scores: Sequence[float]
    """What is excited says so much of each start; nothing where a layer is inverted."""
    steps: int
    most: int
    """How many steps there will be."""
    roughness: float
    error: float | None
    """How far the layer is from what it is to say, as a part of that; None where none is inverted."""
    correlation: float | None
    """That of the values of both pictures."""
    says: Sequence[NetworkRow]
    """All networks; the one that is excited or inverted comes first."""
    met: Sequence[InversionRow]
    """The layers that were inverted for this picture until now."""
    header: ExciteHeader | None


# The prototype viewer.


class Prototyping(TypedDict):
    """What is asked of a prototype viewer: the bill of a class beside that of another, without some prototypes."""

    method: str
    options: Values
    index: int
    """Which picture."""
    network: str
    """Which of the networks is asked."""
    layer: str
    """Whose units are the prototypes."""
    target: int | None
    """None is the answer."""
    contrast: int | None
    """The class beside it; None is the one with the next largest score."""
    without: Sequence[int]
    """The prototypes that are struck out."""


PROTOTYPING_TRAITS = tuple(Prototyping.__annotations__)
"""What can be asked, by name."""


class PrototypeCatalogue(Catalogue):
    """What there is to choose from beside what there is of pictures."""

    networks: dict[str, Sequence[str]]
    """The layers of each network behind which there is a linear head."""
    training: int
    """How many training pictures there are."""


class PrototypeTraits(Prototyping):
    """The traits of a prototype viewer."""

    display: Display
    catalogue: PrototypeCatalogue
    _snapshot: Any
    """The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened."""


class PrototypeRow(TypedDict):
    """An item of the bill: this looks like that."""

    unit: int
    name: str
    this: Sequence[float]
    """Where it is in the picture: left, top, width and height, as shares of it."""
    that: Sequence[float]
    """The same of the training picture; nothing while none was looked at."""
    picture: int
    """The number of that."""


class TrainingPicture(TypedDict):
    """A training picture that a prototype comes from."""

    number: int
    src: str
    width: int
    height: int


class PrototypeHeader(TypedDict):
    """What is said once of a bill, with its first frame."""

    state: Prototyping
    code: str


class PrototypeMessage(Progress):
    """The bill of a picture; the buffer holds the weights from prototypes to classes."""

    shape: Sequence[int]
    """Of the weights: classes, prototypes."""
    classes: Sequence[int]
    """Which classes."""
    target: int
    contrast: int
    similarities: Sequence[float]
    """What each prototype says of the picture."""
    bias: Sequence[float]
    """Of each of these classes."""
    scores: Sequence[float]
    """What the network itself says of them, without the prototypes that are struck out."""
    shares: bool
    """Whether these are all classes, and have probabilities."""
    rows: Sequence[PrototypeRow]
    """The items that bring most, and those that are struck out."""
    pictures: Sequence[TrainingPicture]
    looked: int
    """How many training pictures were looked at."""
    pushed: bool | None
    """Whether each prototype is a patch of a training picture; None while that is not known."""
    negative: bool
    """Whether some say negative things, and so are no similarities."""
    mean: bool
    """Whether what they say of a picture is a mean over places, not the most at any."""
    header: PrototypeHeader | None


# The concept tester.


class ConceptTesting(TypedDict):
    """What is asked of a concept tester: what concepts add to a class at a layer, and how far a picture is steered."""

    method: str
    """How concepts are tested."""
    options: Values
    index: int
    """Which picture is steered, from 0 on, of all that there are."""
    layer: str
    target: int
    """The class that concepts add to."""
    concept: str
    """Whose pictures are in view, and along which is steered."""
    step: float
    """So many steps of the concept are added to what the layer holds."""
    count: int | None
    """So many pictures of each side are taken, the first ones; None is all."""
    without: Sequence[int]
    """The pictures that are taken out of their concepts, by number."""


CONCEPT_TRAITS = tuple(ConceptTesting.__annotations__)
"""What can be asked, by name."""


class ConceptEntry(TypedDict):
    """A concept: which pictures have it, and which have it not."""

    name: str
    examples: Sequence[int]
    counterpart: Sequence[int]


class ConceptCatalogue(Catalogue):
    """What there is to choose from beside what there is of pictures."""

    concepts: Sequence[ConceptEntry]
    images: int
    """So many pictures, the first ones, are those at which the class is looked at."""
    reach: float
    """So many steps one can steer to either side."""
    stops: int
    """How many stops there are from end to end."""


class ConceptTraits(ConceptTesting):
    """The traits of a concept tester."""

    display: Display
    catalogue: ConceptCatalogue
    _added: Sequence[AddedEntry]
    _brought: Sequence[str]
    """To which concept each of these was added, as an example of it."""
    _snapshot: Any
    """The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened."""


class EffectRow(TypedDict):
    """What a concept adds to the class."""

    effect: float
    error: float | None
    """Its standard error; None where there are too few examples to know."""
    changed: float | None
    """What the class really gains from the counterpart to the examples."""
    share: float
    """The share of random splits with an effect as large."""
    signs: float
    """The share of pictures at which the effect is positive."""
    alike: float
    """The share of random splits whose signs are as clear."""
    runs: int
    """How many random splits there are by now."""
    examples: int
    counterpart: int


class ConceptHeader(TypedDict):
    """What is said once of an answer, with its first frame."""

    state: ConceptTesting
    code: str
    measured: str
    """What effects are measured in: "logit"."""


class ConceptMessage(Progress):
    """What concepts add to a class of one model.

    The first buffer holds the effects of random splits, a row for each concept; the second one what the model says of
    the classes at each stop of the steering.
    """

    rows: Sequence[EffectRow | None]
    """Of each concept; None while nothing is known of it."""
    chances: bool
    """Whether what is said of classes are probabilities."""
    header: ConceptHeader | None


# The decomposer.


class Decomposing(TypedDict):
    """What is asked of a decomposer: how a layer is taken apart, which feature is looked at, and which are off."""

    method: str
    options: Values
    index: int
    """Which picture of those at which the feature is largest, from 0 on."""
    layer: str
    feature: int | None
    """None is the one that is active most often."""
    without: Sequence[int]
    """The features that are switched off."""


DECOMPOSING_TRAITS = tuple(Decomposing.__annotations__)
"""What can be asked, by name."""


class DecomposeCatalogue(Catalogue):
    """What there is to choose from beside what there is of pictures."""

    along: dict[str, str]
    """The option that the curves run along, by method."""
    labelled: bool
    """Whether it is known which classes are right; else answers are compared with those of the whole network."""


class DecomposeTraits(Decomposing):
    """The traits of a decomposer."""

    display: Display
    catalogue: DecomposeCatalogue
    _snapshot: Any
    """The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened."""


class Fit(TypedDict):
    """How well a dictionary says what a layer says."""

    at: float
    """The option that the curves run along."""
    unexplained: float
    """The share of the variance that is left over."""
    active: float
    """How many features are active at once, on average."""
    dead: int
    """How many are never active."""
    found: float | None
    """The mean of the best cosines with the directions that are known to be there; None where none are."""


class FeatureTile(TypedDict):
    """A feature, and where it is largest."""

    feature: int
    density: float
    """At which share of places it is active."""
    sights: Sequence[Sequence[int]]
    """Pictures, each with what is seen from the place: its number, top, bottom, left, right."""


class DecomposeHeader(TypedDict):
    """What is said once of a dictionary, with its first frame."""

    state: Decomposing
    code: str
    units: int
    """How many the layer has."""


class DecomposeMessage(Progress):
    """A dictionary as far as it is fitted.

    The buffer holds how much of the feature is at the places of the layer, in some pictures.
    """

    shape: Sequence[int]
    """Of the maps: pictures, height, width."""
    feature: int
    top: Sequence[int]
    """Which pictures: those at which the feature is largest, the first of them most of all."""
    grid: Sequence[int]
    """Height and width of the input, in which places are counted."""
    fit: Fit
    curve: Sequence[Fit]
    """Those that are known by now, in the order of the option."""
    tiles: Sequence[FeatureTile]
    """The features that are active most often, those first."""
    features: int
    """How many there are."""
    steps: int | None
    """How many steps it took; None where it is no matter of steps."""
    answers: Sequence[Sequence[ShareRow]]
    """What the network says of these pictures: as it is, and with the decoded activations."""
    accuracy: Sequence[AccuracyRow]
    header: DecomposeHeader | None


# The intervener.


class Intervening(TypedDict):
    """What is asked of an intervener: which concepts of a picture are told, and which to ask for next."""

    method: str
    """How it is found which concept to ask for next."""
    options: Values
    index: int
    """Which picture."""
    told: dict[str, float]
    """By the name of a concept, from 0, no, to 1, yes."""


INTERVENING_TRAITS = tuple(Intervening.__annotations__)
"""What can be asked, by name."""


class GroupEntry(TypedDict):
    """Concepts that are asked for together."""

    name: str
    concepts: Sequence[int]
    """By number."""


class InterveneCatalogue(Catalogue):
    """What there is to choose from beside what there is of pictures."""

    concepts: Sequence[str]
    groups: Sequence[GroupEntry]
    truths: Sequence[Sequence[float | None]] | None
    """Of each picture which concepts are true, from 0 to 1; None where it is not known."""
    labels: Sequence[int] | None
    """The class of each picture, where they were given."""
    levels: Sequence[Sequence[Sequence[float]]]
    """Of each model what its concepts say for no, and for yes."""


class InterveneTraits(Intervening):
    """The traits of an intervener."""

    display: Display
    catalogue: InterveneCatalogue
    _snapshot: Any
    """The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened."""


class InterveneHeader(TypedDict):
    """What is said once of an answer, with its first frame."""

    state: Intervening
    code: str


class InterveneMessage(Progress):
    """What one model answers where concepts are told.

    The buffers hold what its concepts say by themselves, from 0, no, to 1, yes; what it says of the classes by itself;
    and what it says of them now.
    """

    worth: Sequence[float | None]
    """What it is worth to be told each group; None where it is known, or was not looked at yet."""
    refusal: str
    """Why it cannot be known what to ask for next."""
    chances: bool
    """Whether what is said of classes are probabilities."""
    header: InterveneHeader | None


# Representations.


class Representing(TypedDict):
    """What is asked where layers are compared: an index, two networks, and a layer of each."""

    method: str
    """The index that says how alike layers are."""
    options: Values
    index: int
    """Which picture is in view."""
    one: str
    other: str
    """The networks whose layers are the rows and the columns."""
    layer: str
    beside: str
    """The layer of each whose clouds are open."""
    marked: Sequence[int]
    """The pictures that are marked in both clouds."""


REPRESENTING_TRAITS = tuple(Representing.__annotations__)
"""What can be asked, by name."""


class RepresentCatalogue(Catalogue):
    """What there is to choose from beside what there is of pictures."""

    networks: Sequence[str]
    """Their names, in the order of the slider; one that was given bare has none."""
    labels: Sequence[int] | None
    """The class of each picture, where they were given."""


class RepresentTraits(Representing):
    """The traits of a comparison of layers."""

    display: Display
    catalogue: RepresentCatalogue
    _snapshot: Any
    """The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened."""


class RepresentHeader(TypedDict):
    """What is said once of two networks, with their first frame."""

    state: Representing
    code: str
    rows: Sequence[str]
    columns: Sequence[str]
    """The layers of each."""


Matrix = Sequence[Sequence[float | None]]
"""A number for each pair of layers; None where it is not known."""


class RepresentMessage(Progress):
    """How alike all layers are.

    The buffer holds where the two layers that are open place the pictures: layers, pictures, right and up.
    """

    matrix: Matrix
    errors: Matrix
    independent: Matrix
    """What the index says of shuffled pictures."""
    inputs: int
    """Over how many pictures it is."""
    warning: str
    """Why they are too few."""
    explained: Sequence[Sequence[float]]
    """The share of each layer's variance along both sides of its cloud; none while there are no clouds."""
    header: RepresentHeader | None


# The walker.


class Game(TypedDict):
    """All that there is to know of a game."""

    players: Sequence[str]
    values: Sequence[float]
    """By coalition: player 0 counts 1, player 1 counts 2, player 2 counts 4."""
    orders: Sequence[Sequence[int]]
    """The orders in which the players enter, by number."""
    worth: str
    """What a value is called: "price"."""
    prefix: str
    suffix: str
    digits: int


class WalkTraits(TypedDict):
    """The traits of a walker."""

    game: Game
    order: int
    step: int
    presenter: bool


# Columns that are left out.


class Withholding(TypedDict):
    """What is asked where columns are left out: of a row and a network, with two columns that go together."""

    method: str
    options: Values
    index: int
    """Which row."""
    network: str
    target: int | None
    """The class explained; None is the top class of the row."""
    first: int
    second: int
    """The columns that go together."""
    correlation: float


WITHHOLDING_TRAITS = tuple(Withholding.__annotations__)
"""What can be asked, by name."""


class WithholdCatalogue(Catalogue):
    """What there is to choose from beside what there is of rows."""

    networks: Sequence[str]
    """Their names; one that was given bare has none."""
    reach: float
    """As far the slider of the correlation goes."""


class WithholdTraits(Withholding):
    """The traits of columns that are left out."""

    display: Display
    catalogue: WithholdCatalogue
    _snapshot: Any
    """The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened."""


class WithholdHeader(TypedDict):
    """What is said once of a row, with its first frame."""

    state: Withholding
    code: str
    explained: str
    """The class."""
    row: Sequence[float]
    """The row itself."""
    middle: tuple[float, float]
    spread: tuple[float, float]
    """Mean and standard deviation of the two columns in the background."""


class WithholdMessage(Progress):
    """What each column brings, by baseline, by marginal and by conditional expectation.

    The buffer holds rows of the background, the two columns of each.
    """

    values: Sequence[Sequence[float]]
    errors: Sequence[Sequence[float]]
    """Their standard errors; of a way that leaves nothing to chance there are none."""
    score: float
    """What is explained, of the row: the values of each way sum to what it is more than that of nothing known."""
    header: WithholdHeader | None
