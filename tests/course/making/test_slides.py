"""Slides show what the saved notebooks show, in a browser that has no network."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from making import notebooks, slides

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def a_lesson():
    picture = new_output("display_data", {"image/png": PIXEL, "text/plain": "A picture."})
    said = new_output("stream", text="the answer is 42")
    badge = "[Open in Colab](https://example.org/colab) · [Open in Binder](https://example.org/binder)"
    return new_notebook(
        cells=[
            new_markdown_cell(f"# 7. Title\n\n{badge}\n\n**Aim.** To see."),
            new_markdown_cell("## Set-up\n\nInstall."),
            new_code_cell("import sys", outputs=[new_output("stream", text="installed")]),
            new_markdown_cell("## 1. Part\n\n> **Predict.** What?"),
            new_code_cell("xai.explore(model, pictures)", outputs=[picture]),
            new_markdown_cell(
                "**What it shows.** This.\n\n**The idea.** $\\sqrt{x}$ and\n\n$$\\Phi = 1$$\n\n## 2. Next"
            ),
            new_code_cell("nothing = 1"),
            new_markdown_cell("> **Predict.** And here?"),
            new_code_cell("\n".join(f"line{number} = 1" for number in range(9)), outputs=[said]),
            new_markdown_cell("### Exercise 1\n\n<details><summary>A hint</summary>\n\nlook\n\n</details>"),
        ]
    )


def test_cells_are_cut_and_know_their_slides():
    found = [
        (cell.metadata.slideshow.slide_type, cell.source.split("\n")[0]) for cell in slides.slides(a_lesson()).cells
    ]
    assert found == [
        ("slide", "# 7. Title"),
        ("skip", "## Set-up"),
        ("skip", "import sys"),
        ("slide", "## 1. Part"),
        ("-", "> **Predict.** What?"),
        ("subslide", "xai.explore(model, pictures)"),
        ("fragment", "**What it shows.** This."),
        ("subslide", "**The idea.** $\\sqrt{x}$ and"),
        ("slide", "## 2. Next"),
        ("skip", "nothing = 1"),
        ("-", "> **Predict.** And here?"),
        ("fragment", "line0 = 1"),
        ("subslide", "### Exercise 1"),
    ]


def test_the_page_leaves_out_what_is_no_use_in_a_room():
    page = slides.html(a_lesson(), "7")
    for words in ("Open in", "example.org", "A hint", "Install.", "installed", "line5", "nothing = 1"):
        assert words not in page, words
    for words in ("7. Title", "the answer is 42", "explore", PIXEL, 'alt="A picture."'):
        assert words in page, words


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    slides.copy_libraries(folder)
    return folder


@pytest.fixture
def page(browser):
    """A page without a network."""
    with browser.new_page(offline=True, viewport={"width": 1280, "height": 800}) as page:
        yield page


def opened(page, page_file):
    """Open a file in a page, and return what the page will ask for or complain of."""
    trouble = []
    page.on(
        "request", lambda request: request.url.startswith(("file:", "data:", "blob:")) or trouble.append(request.url)
    )
    page.on("requestfailed", lambda request: trouble.append(request.url))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: message.type == "error" and trouble.append(message.text))
    page.goto(page_file.as_uri())
    page.wait_for_function("Reveal.isReady()")
    return trouble


@pytest.mark.browser
def test_slides_need_no_network(folder, page):
    (folder / "7.html").write_text(slides.html(a_lesson(), "7"), encoding="utf-8")
    trouble = opened(page, folder / "7.html")
    assert page.evaluate("Reveal.getTotalSlides()") == 6
    assert page.locator(".katex-display").count() == 1
    page.evaluate("Reveal.slide(1, 1)")
    answer = page.get_by_text("What it shows.", exact=True)
    assert not answer.is_visible()
    page.keyboard.press("ArrowDown")
    answer.wait_for(state="visible")
    root = page.evaluate("document.querySelector('.katex svg').getBoundingClientRect().height")
    assert root > 5, "the sign of a square root"
    assert trouble == []


@pytest.mark.browser
@pytest.mark.parametrize("source", notebooks.sources(), ids=lambda source: source.stem)
def test_the_slides_of_a_lesson_show_the_pictures_of_its_widgets(source, folder, page):
    page_file = slides.write(notebooks.destination(source, "student"), folder)
    trouble = opened(page, page_file)
    wide = page.evaluate("[...document.querySelectorAll('.jp-RenderedImage img')].map((image) => image.naturalWidth)")
    assert len(wide) >= 1
    assert min(wide) > 50
    assert page.locator(".katex-error").count() == 0
    plots = page.locator("[id^=xai-plot]").count()
    page.wait_for_function(f"document.querySelectorAll('[id^=xai-plot] > div').length === {plots}")
    assert trouble == []
