"""The walk through the orders in JupyterLab: by buttons, keys and slider, in step with Python, or without it."""

import pytest

SETUP = """
worth = {(): 250, 'age': 230, 'rooms': 310, 'location': 400, ('age', 'rooms'): 280, ('age', 'location'): 390,
         ('rooms', 'location'): 520, ('age', 'rooms', 'location'): 500}
game = xai.Game(['age', 'rooms', 'location'], worth)
w = xai.walk(game, worth='price', prefix='$', suffix='k')
w
"""


@pytest.fixture
def walk(lab):
    lab.run(SETUP)
    root = lab.page.locator(".xai").first
    root.locator(".xai-walk").wait_for()
    return root


def averages(walk):
    return walk.locator(".xai-averages .xai-bar-value").all_inner_texts()


def test_a_walk_from_the_first_player_to_the_shapley_values(lab, walk, eventually):
    page, following = lab.page, walk.get_by_role("button", name="Next")
    following.click()
    eventually(page, lambda: lab.value("[w.order, w.step]") == [0, 1], "Python hears of the step")
    assert "age enters first: the price goes from $250k to $230k" in walk.locator(".xai-walk-words").inner_text()
    page.keyboard.press("ArrowRight")
    eventually(page, lambda: lab.value("[w.order, w.step]") == [0, 2], "the arrow walks, and Jupyter does not take it")
    lab.execute("w.order, w.step = 4, 3")
    order = walk.get_by_label("Order", exact=True)
    eventually(page, lambda: order.input_value() == "5", "the page hears of another order")
    following.click()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    eventually(page, following.is_disabled, "the walk is over")
    shapley = lab.value("[round(value) for value in game.shapley().values()]")
    minus = "\N{MINUS SIGN}"
    assert averages(walk) == [f"{'+' if value > 0 else minus}${abs(value)}k" for value in shapley]
    assert walk.get_by_role("heading", name="Shapley values").is_visible()
    bar = walk.locator(".xai-averages .xai-fill").last.bounding_box()
    axis = walk.locator(".xai-axis").last.bounding_box()
    assert bar["width"] / axis["width"] == pytest.approx(shapley[-1] / (220 + 30), abs=0.02)


def test_the_slider_jumps_to_the_end_of_an_order_while_the_kernel_is_busy(lab, walk):
    """All that is shown is computed on the page: a kernel that does not answer is none."""
    lab.begin("time.sleep(2)")
    slider = walk.get_by_label("Order", exact=True)
    slider.evaluate("input => { input.value = '4'; input.dispatchEvent(new Event('input', {bubbles: true})); }")
    assert walk.locator("tbody tr[aria-current] th").inner_text().startswith("4.")
    assert walk.locator("tfoot td").all_inner_texts() == averages(walk)
    assert lab.running
    lab.finish()


def test_the_presenter_size_is_larger_and_escape_ends_it(lab, walk, eventually):
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    card = walk.locator(".xai-card")
    small = card.evaluate(size)
    walk.get_by_role("button", name="Present").click()
    eventually(lab.page, lambda: card.evaluate(size) > 1.4 * small, "the type grows")
    lab.page.keyboard.press("Escape")
    eventually(lab.page, lambda: card.evaluate(size) == small, "the type is small again")
