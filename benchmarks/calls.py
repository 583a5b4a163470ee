"""How many Python calls of this package one move of a slider costs: ``python -m benchmarks.calls``.

Calls and not milliseconds, because they are the same on every machine: what is computed twice for one move, or handed
on only to be handed on, shows here long before it can be felt. There is no browser; a line that keeps what is sent
stands in for one. With ``--files`` the calls are told by file, with ``--functions`` by function.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import comm

import xai_widgets as xai
from benchmarks.networks import face_torch, picture
from xai_widgets.answers import stream
from xai_widgets.session.pacing import DRAG_SECONDS

PACKAGE = str(Path(xai.__file__).parent)
SIDE = 16
MOVES = (24, 25, 26)


class Calls:
    """Counts the calls of functions of the package, in every thread, while it is the profiler."""

    def __init__(self) -> None:
        self.made: Counter[CodeType] = Counter()

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            self.made[frame.f_code] += 1

    def during(self, work: Callable[[], Any]) -> Counter[CodeType]:
        """Return the calls while `work` is done, by function."""
        self.made = Counter()
        threading.setprofile(self)
        sys.setprofile(self)
        try:
            work()
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
        return Counter(self.made)


class Line(comm.base_comm.BaseComm):
    """The kernel's end of a line to a browser that paints at once; it notes the calls up to the first frame."""

    first: Counter[CodeType] | None = None
    painted = 0
    calls: Calls

    def publish_msg(self, msg_type: str, data: Any = None, *_: Any, **__: Any) -> None:
        """Take note of the first frame."""
        content = (data or {}).get("content", {})
        Line.painted = content.get("frame", Line.painted)
        if content.get("type") == "frame" and Line.first is None:
            Line.first = Counter(Line.calls.made)


def opened() -> xai.Explorer:
    """Return an explorer whose line is made up."""
    comm.create_comm = Line
    model = xai.wrap(face_torch(SIDE), input_shape=(3, SIDE, SIDE))
    return xai.explore(model, picture(SIDE), method="integrated_gradients", steps=16)


def told(name: str, made: Counter[CodeType]) -> str:
    """Return the calls in one line."""
    files = {code.co_filename for code in made}
    return f"{name}: {made.total()} calls of {len(made)} functions in {len(files)} files"


def shown(made: Counter[CodeType], options: list[str]) -> None:
    """Show the calls by file or by function, the most first."""
    by: Counter[str] = Counter()
    for code, count in made.items():
        file = Path(code.co_filename).relative_to(PACKAGE).as_posix()
        by[f"{file}:{code.co_qualname}" if "--functions" in options else file] += count
    if options:
        for name, count in by.most_common():
            print(f"{count:6} {name}")


def moved(explorer: xai.Explorer, number: int, steps: int) -> Callable[[], None]:
    """Return what happens when a browser asks for other steps, up to the last frame."""
    state = {**explorer._screen.setting.state.as_dict(), "options": {**explorer.options, "steps": steps}}
    message = {"type": "request", "request": number, "state": state}

    def move() -> None:
        # Not so soon that it is a hand that drags, for which refining waits, and looks again and again.
        time.sleep(DRAG_SECONDS)
        explorer._screen.receive({**message, "painted": Line.painted}, [])
        explorer._screen.session.wait()

    return move


class Counted(NamedTuple):
    """The calls of opening an explorer up to the final map, and of each move up to its first and its last frame."""

    opening: Counter[CodeType]
    moves: list[tuple[Counter[CodeType], Counter[CodeType]]]


def counted() -> Counted:
    """Count the calls of opening an explorer, and of moves of its slider."""
    calls = Line.calls = Calls()
    stream.FIRST_SECONDS = stream.LONGEST_WATCHED_SECONDS  # Else the load of the machine would choose the chunks.
    explorers: list[xai.Explorer] = []
    opening = calls.during(lambda: (explorers.append(opened()), explorers[0]._screen.session.wait()))
    (explorer,) = explorers
    # A browser is there.
    explorer._receive(None, {"type": "acknowledge", "frame": 0}, [])
    moves = []
    for number, steps in enumerate(MOVES, 1):
        Line.first = None
        final = calls.during(moved(explorer, number, steps))
        moves.append((Line.first or final, final))
    explorer.close()
    return Counted(opening, moves)


def totals() -> tuple[int, int, int]:
    """Return the calls of opening an explorer, and of a move to its first and to its last frame: the fewest of some.

    Where other processes are at work, the thread that waits for the frames looks for them more often.
    """
    opening, moves = counted()
    return opening.total(), *(min(made.total() for made in frames) for frames in zip(*moves, strict=True))


def main(options: list[str]) -> None:
    """Tell the calls of opening an explorer, and of moves of its slider."""
    opening, moves = counted()
    print(told("from explore to the final map", opening))
    shown(opening, options)
    for steps, (first, final) in zip(MOVES, moves, strict=True):
        print(told(f"a move to {steps} steps, to its first frame", first))
        print(told(f"a move to {steps} steps, to its last frame", final))
    shown(final, options)


if __name__ == "__main__":
    main(sys.argv[1:])
