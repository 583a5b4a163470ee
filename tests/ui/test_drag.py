"""A slider that moves faster than the kernel computes."""

from itertools import pairwise

import pytest

COUNTING = '''
import dataclasses
from xai_widgets.answers.registry import register
from xai_widgets.attribution.method import METHODS, AttributionSampler, Method
from xai_widgets.option import Option

class Steps(AttributionSampler):
    size, chunk, score = 8, 1, np.zeros(1)

    def draw(self, start, stop):
        time.sleep(0.012)
        self.evaluations = stop

    def values(self):
        values = np.zeros((1, 1, 28, 28), np.float32)
        values.reshape(-1)[: self.method.position] = 1
        values[..., 27, : self.drawn] = 1
        return values

@register
@dataclasses.dataclass(frozen=True)
class Counting(Method):
    """Writes into its map which position it was asked for, and how often it was refined."""

    name, label, sentence, reference, family = "counting", "Counting", "Counts.", "", "gradient"
    position: int = Option(default=0, kind="integer", label="Position", sentence="", minimum=0, slider=(0, 300)).field()

    def _sampler(self, question, state):
        return Steps(self, question)
'''
"""A method that no front end has ever heard of, whose pictures can be read."""

READ_PAINTS = """() => recorded.paints.map(({time, data}) => {
    const coloured = (from, to) => {
        let count = 0;
        for (let i = 4 * from; i < 4 * to; i += 4) count += data[i] !== data[i + 2] ? 1 : 0;
        return count;
    };
    return [time, coloured(0, 27 * 28), coloured(27 * 28, 28 * 28)];
})"""

STANDS = 45
"""A slider that moves no further for so many milliseconds is one that stands, and what was painted is told alone."""


@pytest.fixture
def counting(lab):
    """An explorer whose pictures tell which position and which refinement they show."""
    lab.execute(COUNTING)
    yield lab.show("e = xai.explore(model, 0 * images[:1], method='counting', display={'opacity': 1, 'clip': 100}); e")
    lab.execute("e.close(); del METHODS['counting']")


def test_the_last_picture_is_that_of_the_last_position_and_none_goes_back(lab, counting, eventually):
    lab.forget()
    counting.drag("Position", list(range(1, 301)), pause=6)
    eventually(lab.page, lambda: lab.page.evaluate(READ_PAINTS)[-1][1:] == [300, 8], "no picture of the end")
    lab.page.wait_for_timeout(300)
    paints = lab.page.evaluate(READ_PAINTS)
    pictures = [tuple(picture) for _, *picture in paints]
    assert pictures == sorted(pictures)
    assert pictures[-1] == (300, 8)
    assert "8 of 8 passes" in counting.facts
    assert lab.value("e.options") == {"position": 300}
    frames = [(frame["generation"], frame["evaluations"]) for frame in lab.frames()]
    assert frames == sorted(frames)


def test_the_screen_is_not_starved(lab, counting, eventually):
    lab.forget()
    moves = counting.drag("Position", list(range(1, 301)), pause=6)
    paints = lab.page.evaluate(READ_PAINTS)
    shown = {position for time, position, _ in paints if moves[0] < time < moves[-1]}
    assert len(shown) >= 10
    times = [moves[0], *(time for time, *_ in paints if moves[0] < time < moves[-1]), moves[-1]]
    assert max(after - before for before, after in pairwise(times)) < 1500


def test_the_browser_never_floods_the_kernel(lab, counting, eventually):
    lab.forget()
    moves = counting.drag("Position", list(range(1, 301)), pause=6)
    eventually(lab.page, lambda: lab.page.evaluate(READ_PAINTS)[-1][1:] == [300, 8], "no picture of the end")
    contents = [message["content"] for message in lab.sent()]
    requests = {content["request"] for content in contents if content.get("type") == "request"}
    answered = {frame["request"] for frame in lab.frames()}
    # One waits for its answer at a time, and is given up after a quarter of a second; letting go sends at once.
    assert len(requests - answered) <= (moves[-1] - moves[0]) / 250 + 2
    assert len(requests & answered) >= 10
    acknowledged = lab.acknowledged()
    assert acknowledged == sorted(set(acknowledged))
    assert acknowledged[-1] == max(frame["frame"] for frame in lab.frames())


def test_nothing_but_requests_leaves_the_page_while_a_slider_moves(lab, counting):
    lab.forget()
    meanwhile, stalls = [], []
    for _ in range(10):
        moves = counting.drag("Position", list(range(1, 301)), pause=6, release=False)
        meanwhile += [message for message in lab.sent() if moves[0] <= message["time"] <= moves[-1]]
        stalls += [pair for pair in pairwise(moves) if pair[1] - pair[0] >= STANDS]
        if len(meanwhile) > 20:  # Else the kernel was held up.
            break
    # A page that is held up has a slider that stands.
    stood = [
        message
        for message in meanwhile
        if message["content"]["type"] == "acknowledge"
        and any(before <= message["time"] <= after for before, after in stalls)
    ]
    moving = [message["content"] for message in meanwhile if message not in stood]
    assert len(moving) > 10
    assert {content["type"] for content in moving} == {"request"}
    # On a busy machine a frame may come so late that two requests go by without a paint in between.
    assert sum("painted" in content for content in moving) + len(stood) >= len(moving) / 2


def test_of_a_picture_that_stays_nothing_is_said_twice(lab, counting, eventually):
    lab.forget()
    counting.drag("Position", list(range(1, 301)), pause=6)
    eventually(lab.page, lambda: lab.page.evaluate(READ_PAINTS)[-1][1:] == [300, 8], "no picture of the end")
    said = [frame for frame in lab.frames() if frame["first"]]
    assert len(said) > 10
    # The page's hello may come to the kernel as late as the first moves: then it is told all, and once.
    news = [frame["news"] for frame in said if frame["news"] is not None]
    assert len(news) >= len(said) - 1
    assert {name for new in news for name in new} == {"state", "code"}
    counting.root.get_by_role("button", name="Code", exact=True).click()
    assert counting.root.locator(".xai-code code").inner_text() == lab.value("e.code")
    assert counting.root.locator(".xai-bar-name").count() > 1


@pytest.mark.parametrize(
    ("method", "label", "positions"),
    [
        ("integrated_gradients", "Steps", [[*range(10), *range(8, 0, -1)][n % 18] for n in range(299)] + [6]),
        ("smoothgrad", "Noise", [abs(n % 100 - 50) / 100 for n in range(299)] + [0.33]),
        ("occlusion", "Window", [4 + n % 24 for n in range(299)] + [7]),
    ],
)
def test_a_drag_back_and_forth_ends_where_the_hand_ended(lab, shows, method, label, positions):
    widget = lab.show(f"e = xai.explore(model, images, method={method!r}); e")
    widget.drag(label, positions, pause=3)
    shows(lab, widget)
    option = {"Steps": "steps", "Noise": "sigma", "Window": "window"}[label]
    assert lab.value(f"e.options[{option!r}]") == (2 ** positions[-1] if label == "Steps" else positions[-1])


def test_the_icon_of_the_tab_stays_as_it_is_while_a_slider_moves(lab, icon_of):
    widget = lab.show("e = xai.explore(model, images, method='smoothgrad'); e")
    swapped = icon_of(lab)
    lab.forget()
    widget.drag("Noise", [0.1 + position / 100 for position in range(20)], pause=20)
    lab.page.wait_for_timeout(300)
    assert lab.frames()
    assert swapped() == 0
