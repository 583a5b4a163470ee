"""The notebooks in the repository are those that their sources give, whole and clean."""

import base64
import io
import itertools
import re

import nbformat
import numpy as np
import pytest
from PIL import Image

from making import notebooks as build
from making.slide_types import WIDGET
from xai_course.imagenet.weights import PACKAGE
from xai_course.plots.plot import LIBRARY

COURSE = build.COURSE
LESSONS = build.sources()
NAMES = [source.stem for source in LESSONS]
ROOT = "https://github.com/someone/somewhere"


def committed(source, audience):
    return nbformat.read(build.destination(source, audience), as_version=4)


def bare(notebook):
    """What a source decides: everything but the outputs."""
    return [(cell.id, cell.cell_type, cell.source, dict(cell.metadata)) for cell in notebook.cells]


@pytest.mark.parametrize("audience", ["student", "solution"])
@pytest.mark.parametrize("source", LESSONS, ids=NAMES)
def test_notebooks_have_not_drifted_from_their_source(source, audience):
    assert bare(committed(source, audience)) == bare(build.build(source, audience)), "run make notebooks"


def test_there_is_no_notebook_without_a_source():
    for folder in (COURSE, COURSE / "solutions"):
        assert sorted(path.stem for path in folder.glob("*.ipynb")) == NAMES


@pytest.mark.parametrize("source", LESSONS, ids=NAMES)
def test_student_and_solution_differ_in_the_exercises_only(source):
    student, solution = (build.build(source, audience) for audience in ("student", "solution"))
    tags = [[cell.metadata.get("tags", []) for cell in notebook.cells] for notebook in (student, solution)]
    assert ["solution"] not in tags[0]
    assert ["exercise"] not in tags[1]
    assert tags[0].count(["exercise"]) == tags[1].count(["solution"]) >= 1
    shared = [
        [cell.source for cell in notebook.cells if not {"exercise", "solution"} & set(cell.metadata.get("tags", []))]
        for notebook in (student, solution)
    ]
    places = [[text.replace("/solutions", "") for text in texts] for texts in shared]
    assert places[0] == places[1]


@pytest.mark.parametrize("source", LESSONS, ids=NAMES)
def test_colab_installs_the_weights_where_they_are_needed(source):
    text = source.read_text("utf-8")
    assert (PACKAGE in text) == ("from xai_course import imagenet" in text)


@pytest.mark.parametrize("source", LESSONS, ids=NAMES)
def test_saved_notebooks_are_executed_in_one_go(source):
    counts = [cell.execution_count for cell in committed(source, "student").cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.parametrize("source", LESSONS, ids=NAMES)
def test_saved_outputs_are_clean(source):
    for cell in committed(source, "student").cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr"
            data = output.get("data", {})
            assert "application/vnd.jupyter.widget-view+json" not in data
            words = output.get("text", "") + data.get("text/plain", "")
            assert not re.search(r"/\w+/\w+|0x[0-9a-f]{6}|Warning|Traceback|\d\.\d{6}", words), words
            assert not words.startswith("Right"), "a student's notebook comes without answers"


@pytest.mark.parametrize("source", LESSONS, ids=NAMES)
def test_every_exercise_has_a_hint_and_says_that_it_is_blank(source):
    cells = committed(source, "student").cells
    for before, cell in itertools.pairwise(cells):
        if "exercise" in cell.metadata.get("tags", []):
            assert "<details><summary>" in before.source
            assert cell.outputs[-1].data["text/plain"].startswith("Not yet: ")


@pytest.mark.parametrize("source", LESSONS, ids=NAMES)
def test_every_exercise_has_a_plausible_wrong_answer_for_the_tests(source):
    """It stands in no notebook; the tests run the blank, the wrong answer and the solution, and read the verdicts."""
    tags = [tag for cell in build.build(source, "trial").cells for tag in cell.metadata.get("tags", [])]
    answers = [tag for tag in tags if tag in ("exercise", "wrong", "solution")]
    assert answers == ["exercise", "wrong", "solution"] * (len(answers) // 3)
    assert answers
    for audience in ("student", "solution"):
        assert not any("wrong" in cell.metadata.get("tags", []) for cell in build.build(source, audience).cells)


@pytest.mark.parametrize("source", LESSONS, ids=NAMES)
def test_every_widget_has_a_prediction_before_and_a_picture(source):
    cells = committed(source, "student").cells
    widgets = [place for place, cell in enumerate(cells) if cell.cell_type == "code" and WIDGET.search(cell.source)]
    assert widgets
    for place in widgets:
        texts = [cell.source for cell in cells[:place] if cell.cell_type == "markdown"]
        assert any("**Predict.**" in text for text in texts[-2:])
        data = cells[place].outputs[-1].data
        assert "image/png" in data or "image/jpeg" in data


@pytest.mark.parametrize("source", LESSONS, ids=NAMES)
def test_every_lesson_has_the_frame_of_the_course(source):
    text = "\n".join(cell.source for cell in build.build(source, "student").cells if cell.cell_type == "markdown")
    for part in ("**Aim.**", "**Time.**", "**You need**", "**What it shows.**", "**The idea.**", "**Its limits.**"):
        assert part in text
    for part in ("## What to remember", "## Further reading", "### Exercise"):
        assert part in text
    assert "$" in text, "a formula"
    last = [re.match(r"## .*", line)[0] for line in text.splitlines() if line.startswith("## ")][-2:]
    assert last == ["## What to remember", "## Further reading"]


@pytest.mark.parametrize("source", LESSONS, ids=NAMES)
def test_one_cell_chooses_the_framework(source):
    code = "\n".join(cell.source for cell in build.build(source, "student").cells if cell.cell_type == "code")
    assert 'BACKEND = os.environ.get("XAI_BACKEND", "torch")' in code


@pytest.mark.parametrize("source", LESSONS, ids=NAMES)
def test_the_library_of_the_plots_is_saved_once(source):
    pages = [
        output.get("data", {}).get("text/html", "")
        for cell in committed(source, "student").cells
        for output in cell.get("outputs", [])
    ]
    carried = [len(found[0]) > 0 for found in map(LIBRARY.search, pages) if found]
    assert carried == [True] * bool(carried) + [False] * (len(carried) - 1)


@pytest.mark.parametrize("source", LESSONS, ids=NAMES)
def test_notebooks_are_small(source):
    assert build.destination(source, "student").stat().st_size < 1.5e6


def test_plots_need_no_network():
    for source in LESSONS:
        for cell in committed(source, "student").cells:
            for output in cell.get("outputs", []):
                html = output.get("data", {}).get("text/html", "")
                assert not re.search(r"""(src|href)=["']?(https?:)?//""", html)


def test_badges_come_from_the_address():
    text = build.badges(ROOT, "course/01_a.ipynb")
    assert "(https://colab.research.google.com/github/someone/somewhere/blob/main/course/01_a.ipynb)" in text
    assert "(https://mybinder.org/v2/gh/someone/somewhere/main?urlpath=lab/tree/course/01_a.ipynb)" in text


def test_the_address_is_read_from_pyproject(tmp_path):
    project = tmp_path / "pyproject.toml"
    project.write_text(f'[project]\nname = "x"\n[project.urls]\nRepository = "{ROOT}/"\n')
    assert build.repository(project) == ROOT


@pytest.mark.parametrize("source", LESSONS, ids=NAMES)
def test_the_first_cells_know_where_the_course_lives(source):
    cells = build.build(source, "student").cells
    assert build.badges(build.repository(), f"course/{source.stem}.ipynb") in cells[0].source
    for cell in cells:
        assert not re.search(r"!\[[^\]]*\]\(https?:", cell.source), "a picture that is broken without a network"
    first = next(cell.source for cell in cells if cell.cell_type == "code")
    assert f"git+{build.repository()}" in first
    assert first.index('if "google.colab" in sys.modules') < first.index("subprocess")


def test_the_readme_has_the_badges_of_the_first_lesson(tmp_path):
    copy = tmp_path / "README.md"
    text = (COURSE.parent / "README.md").read_text(encoding="utf-8")
    copy.write_text(text, encoding="utf-8")
    build.write_readme_badges(copy)
    assert copy.read_text(encoding="utf-8") == text
    copy.write_text("a\n<!-- badges -->\nold\n<!-- /badges -->\nz\n")
    build.write_readme_badges(copy)
    expected = build.badges(build.repository(), f"course/{LESSONS[0].stem}.ipynb")
    assert copy.read_text() == f"a\n<!-- badges -->\n{expected}\n<!-- /badges -->\nz\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("# %% only=teacher\n1\n", "only=teacher; expected only=student, only=wrong"),
        ("# %% [markdown]\nnot a string\n", "not one string"),
        ("# %%\n1\n# %% [raw]\n2\n", "is no header"),
    ],
)
def test_a_source_that_cannot_be_read_is_refused(tmp_path, text, why):
    source = tmp_path / "03_x.py"
    source.write_text(text)
    with pytest.raises(ValueError, match=re.escape(why)):
        build.build(source, "student")


def test_outputs_stay_for_as_long_as_the_code_is_the_same(tmp_path):
    source, path = tmp_path / "03_x.py", tmp_path / "03_x.ipynb"
    source.write_text("# %%\n1\n# %%\n2\n# %%\n3\n")
    before = build.build(source, "student")
    for count, cell in enumerate(before.cells, start=1):
        cell.execution_count = count
    nbformat.write(before, path)
    source.write_text("# %%\n1\n# %% [markdown]\n'''new text'''\n# %%\nchanged\n# %%\n3\n")
    after = build.build(source, "student")
    build.keep_outputs(after, path)
    assert [cell.get("execution_count") for cell in after.cells] == [1, None, None, None]


@pytest.mark.parametrize(("side", "opacity", "kind"), [(1, 0, "png"), (1, 255, "jpeg"), (4, 255, "png")])
def test_a_picture_made_smaller_is_of_the_kind_that_suits_it_and_stays_transparent(side, opacity, kind):
    shades = 2 * np.add.outer(np.arange(80), np.arange(80))[..., None] * [0.5, 0.7, 0.3, 0]
    shades += np.random.default_rng(0).integers(0, 40, (80, 80, 4))
    pixels = shades.astype(np.uint8)[::side, ::side].repeat(side, axis=0).repeat(side, axis=1)
    pixels[..., 3], pixels[:20, :, 3] = 255, opacity
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    found, small = build.made_smaller(base64.b64encode(buffer.getvalue()).decode())
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(small))).convert("RGBA"))
    assert found == f"image/{kind}"
    assert len(small) < 4 / 3 * len(buffer.getvalue())
    assert (picture[:20, :, 3] == opacity).all()
    assert (picture[20:, :, 3] == 255).all()


@pytest.mark.parametrize(("sharp", "width"), [(True, build.WIDEST * 3 // 2), (False, build.WIDEST)])
def test_a_picture_that_is_wider_than_a_page_is_made_narrower_where_that_saves_bytes(sharp, width):
    shades = np.random.default_rng(0).integers(0, 256, (8, 100, 3)).astype(np.uint8)
    size = (build.WIDEST * 3 // 2, 288)
    kind = Image.Resampling.NEAREST if sharp else Image.Resampling.BICUBIC
    buffer = io.BytesIO()
    Image.fromarray(shades).resize(size, kind).save(buffer, "PNG")
    _, small = build.made_smaller(base64.b64encode(buffer.getvalue()).decode())
    assert Image.open(io.BytesIO(base64.b64decode(small))).width == width
