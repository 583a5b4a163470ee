"""The static image of a walk through the orders of a game for where no browser is."""

from __future__ import annotations

from xai_widgets.render.canvas import ACCENT, MUTED, WARNING, Canvas, shortened
from xai_widgets.widgets.protocol import Game

WIDTH, MARGIN, LINE = 640.0, 20.0, 26.0
NAMES, BARS = 150.0, 300.0
SEEN = 6


def walk_image(game: Game, order: int, step: int) -> bytes:
    """Return a PNG file of where a walk is: the orders walked through, and what each player brought on average."""
    players, orders = game["players"], game["orders"]
    first = max(0, order - SEEN + 1)
    walked = orders[first : order + 1]
    done = [brought(game, number, None if number < order else step) for number in range(order + 1)]
    canvas = Canvas(WIDTH, MARGIN * 2 + LINE * (len(walked) + len(players) + 3))
    y = MARGIN + 14
    canvas.text(MARGIN, y, f"Order {order + 1} of {len(orders)}", 15)
    y += LINE
    for number, numbers in enumerate(walked, first):
        names = " → ".join(players[player] for player in numbers)
        canvas.text(MARGIN, y, shortened(f"{number + 1}.  {names}", NAMES + BARS / 2, 12), 12)
        said = ",  ".join(change(game, done[number][player]) for player in numbers if player in done[number])
        canvas.text(WIDTH - MARGIN, y, shortened(said, BARS, 12), 12, MUTED, "rs")
        y += LINE
    canvas.line(MARGIN, y - LINE / 2, WIDTH - MARGIN)
    over = order == len(orders) - 1 and step == len(players)
    canvas.text(MARGIN, y + 8, "Shapley values" if over else "Average so far", 12, MUTED)
    y += LINE + 8
    largest = max((abs(value) for one in done for value in one.values()), default=0) or 1
    for player, name in enumerate(players):
        known = [one[player] for one in done if player in one]
        mean = sum(known) / len(known) if known else 0.0
        canvas.text(MARGIN, y, shortened(name, NAMES - 10, 13), 13)
        canvas.bar(MARGIN + NAMES, y - 8, BARS, abs(mean) / largest, ACCENT if mean >= 0 else WARNING, 9)
        canvas.text(WIDTH - MARGIN, y, change(game, mean) if known else "-", 13, anchor="rs")
        y += LINE
    return canvas.png()


def brought(game: Game, order: int, step: int | None = None) -> dict[int, float]:
    """Return what each of the first `step` players brings in an order, by player; None is all of them."""
    coalition, found = 0, {}
    for player in game["orders"][order][:step]:
        before, coalition = game["values"][coalition], coalition | 1 << player
        found[player] = game["values"][coalition] - before
    return found


def change(game: Game, value: float) -> str:
    """Return a change in words, with its sign: "+$50,000"."""
    rounded = round(abs(value), game["digits"])
    sign = "" if rounded == 0 else "+" if value > 0 else "\N{MINUS SIGN}"
    return f"{sign}{game['prefix']}{rounded:,.{game['digits']}f}{game['suffix']}"
