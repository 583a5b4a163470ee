"""Pictures of one's own in a real page: files, drops, pastes and a camera, decoded by the browser as Pillow does."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened, wired

SIDE = 24


def net(channels: int = 3):
    torch.manual_seed(0)
    layers = [nn.Conv2d(channels, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, 3)]
    return xai.wrap(nn.Sequential(*layers), classes=["a", "b", "c"], input_shape=(channels, SIDE, SIDE))


CHANCE = np.random.default_rng(0)
GIVEN = CHANCE.integers(0, 256, (2, SIDE, SIDE, 3), np.uint8)


def smooth(height, width):
    """Return a picture without edges, which every way to make it smaller leaves the same."""
    rows, columns = np.mgrid[:height, :width]
    shades = [rows / height, columns / width, (rows / height + columns / width) / 2]
    return (255 * np.stack(shades, axis=-1)).astype(np.uint8)


def file(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def mounted(browser):
    with wired():
        page = Mounted(browser)
        yield page
        page.close()


@pytest.fixture(scope="module")
def widgets():
    with opened(
        lambda: {"colours": xai.explore(net(), GIVEN, method="saliency"), "grey": xai.explore(net(1), GIVEN[..., :1])}
    ) as made:
        yield made


@pytest.fixture
def shown(mounted, widgets):
    """Return a function that puts one of the widgets on an empty page."""

    def show(name="colours", camera=False):
        mounted.clear()
        if camera:
            mounted.page.evaluate(CAMERA, [None])
        (root,) = mounted.show(widgets[name])
        return widgets[name], root

    return show


NOTICE = ".xai-notice"


def choose(mounted, root, *files):
    """Choose files, each a name and its bytes, and wait for what follows."""
    before = there(root)
    given = [{"name": name, "mimeType": "image/png", "buffer": content} for name, content in files]
    root.locator("input[type=file]").set_input_files(given)
    follow(mounted, root, before)


def there(root):
    """Return how many pictures there are, and what is said."""
    notice = root.locator(NOTICE)
    return root.locator(".xai-strip input").count(), notice.inner_text() if notice.is_visible() else ""


def follow(mounted, root, before):
    """Wait until there are more pictures than there were before, or something else is said."""

    def followed():
        count, said = there(root)
        return count > before[0] or said not in ("", before[1])

    mounted.until(followed, "nothing followed")
    mounted.settle()


def test_files_are_what_pillow_reads(mounted, shown):
    explorer, root = shown()
    upright = Image.fromarray(np.rot90(smooth(SIDE, SIDE)).copy())
    exif = upright.getexif()
    exif[0x0112] = 6
    clear = Image.fromarray(CHANCE.integers(0, 256, (SIDE, SIDE, 4), np.uint8))
    frames = [Image.fromarray(one).quantize(16) for one in CHANCE.integers(0, 256, (3, SIDE, SIDE, 3), np.uint8)]
    noise = CHANCE.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    white = Image.new("RGBA", clear.size, "white")
    turned = file(upright, "JPEG", exif=exif, quality=95)
    cases = [
        ("noise.png", file(noise), noise, 0, ""),
        ("turned.jpg", turned, ImageOps.exif_transpose(Image.open(io.BytesIO(turned))), 4, ""),
        (
            "clear.png",
            file(clear),
            Image.alpha_composite(white, clear).convert("RGB"),
            2,
            "transparent lies over white",
        ),
        (
            "moving.gif",
            file(frames[0], "GIF", save_all=True, append_images=frames[1:]),
            frames[0].convert("RGB"),
            0,
            "",
        ),
    ]
    for name, content, expected, most, said in cases:
        choose(mounted, root, (name, content))
        assert abs(explorer.pictures[-1].astype(int) - np.asarray(expected)).max() <= most, name
        assert explorer.index == len(explorer.pictures) - 1
        strip = root.locator(".xai-strip label").last
        title = f"{name}: what is {said}" if said else name
        assert (strip.get_attribute("title"), strip.locator("input").is_checked()) == (title, True)
        words = root.locator(NOTICE)
        assert (said in words.inner_text()) if said else words.is_hidden()


def test_another_size_is_offered_to_be_resized_and_what_was_done_is_said(mounted, shown):
    explorer, root = shown()
    count = len(explorer.pictures)
    # So large that the page makes it smaller to send it.
    large, other = smooth(1400, 1600), smooth(40, 30)
    choose(mounted, root, ("sea.png", file(large)), ("<b>sky</b>.png", file(other)))
    words = root.locator(NOTICE)
    assert "sea.png has 1600 × 1400 pixels, and the network takes 24 × 24." in words.inner_text().replace("\xa0", " ")
    assert len(explorer.pictures) == count, "nothing is resized unasked"
    words.get_by_role("button", name="cutting the edges").click()
    mounted.settle()
    assert len(explorer.pictures) == count + 2
    for picture, found in zip((large, other), explorer.pictures[-2:], strict=True):
        expected = np.asarray(ImageOps.fit(Image.fromarray(picture), (SIDE, SIDE), Image.Resampling.BILINEAR))
        assert abs(found.astype(int) - expected).max() <= 3
    assert words.inner_text().startswith("<b>sky</b>.png: resized from 30 × 40 pixels, edges cut off.")
    assert words.locator("b").count() == 0
    words.get_by_role("button", name="Close").click()
    assert words.is_hidden()


def test_undo_goes_back_from_it_and_what_is_taken_away_comes_back_so(mounted, shown):
    explorer, root = shown("grey")
    picture = CHANCE.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    away = root.get_by_role("button", name="Take your picture away")
    assert away.is_hidden()
    choose(mounted, root, ("mine.png", file(picture)))
    np.testing.assert_array_equal(explorer.pictures[-1], np.asarray(Image.fromarray(picture).convert("L")))
    assert "made grey" in root.locator(NOTICE).inner_text()
    assert explorer.index == 2
    root.locator("header").click(position={"x": 2, "y": 2})
    for keys, index in (("Control+z", 0), ("Control+Shift+z", 2)):
        mounted.page.keyboard.press(keys)
        mounted.settle()
        assert explorer.index == index
    away.click()
    mounted.settle()
    labels = root.locator(".xai-strip label")
    assert (explorer.index, labels.nth(2).is_hidden(), away.is_hidden()) == (1, True, True)
    assert labels.nth(2).locator("img").get_attribute("src") in ("", None), "a notebook would keep it"
    mounted.page.keyboard.press("Control+z")
    mounted.settle()
    assert (explorer.index, labels.nth(2).is_visible(), away.is_visible()) == (2, True, True)
    thumbnail = labels.nth(2).locator("img")
    mounted.until(lambda: thumbnail.evaluate("image => image.complete && image.naturalWidth") == SIDE, "no thumbnail")


BRING = """(root, [kind, name, content, size]) => {
    const bytes = content === null ? new Uint8Array(size) : Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name, {type: 'image/png'}));
    const how = {bubbles: true, cancelable: true};
    const target = root.querySelector('.xai-panes');
    if (kind === 'paste') return target.dispatchEvent(new ClipboardEvent('paste', {...how, clipboardData: data}));
    target.dispatchEvent(new DragEvent('dragover', {...how, dataTransfer: data}));
    const marked = root.classList.contains('xai-taking');
    const left = target.dispatchEvent(new DragEvent('drop', {...how, dataTransfer: data}));
    return marked && left;
}"""
"""Drop or paste a file; false where the page keeps it from going elsewhere."""


def test_a_picture_can_be_dropped_and_pasted(mounted, shown):
    explorer, root = shown()
    for kind in ("drop", "paste"):
        before = there(root)
        picture = CHANCE.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        assert not root.evaluate(BRING, [kind, f"{kind}.png", base64.b64encode(file(picture)).decode(), 0])
        follow(mounted, root, before)
        np.testing.assert_array_equal(explorer.pictures[-1], picture)
        assert "xai-taking" not in root.get_attribute("class")


def test_what_is_no_picture_or_too_large_is_said_and_nothing_is_lost(mounted, shown):
    explorer, root = shown()
    before = (explorer.index, len(explorer.pictures))
    broad = file(Image.new("1", (10_000, 7_000)))
    cases = [
        ("notes.png", base64.b64encode(b"no picture").decode(), 0, "notes.png is nothing that this browser can show"),
        ("heavy.png", None, 25_100_000, "heavy.png has 25.1 megabytes; expected at most 25"),
        ("broad.png", base64.b64encode(broad).decode(), 0, "10000 × 7000 pixels; expected at most 64 million"),
        ("<img src=x onerror='window.injected = true'>", "AAAA", 0, "<img src=x"),
    ]
    for name, content, size, said in cases:
        root.evaluate(BRING, ["drop", name, content, size])
        words = root.locator(f"{NOTICE} p")
        mounted.until(lambda words=words, said=said: words.count() > 0 and said in words.inner_text(), said)
    mounted.settle()
    assert (explorer.index, len(explorer.pictures)) == before
    assert mounted.page.evaluate("window.injected") is None


CAMERA = """([refused]) => {
    const canvas = Object.assign(document.createElement('canvas'), {width: 24, height: 24});
    const draw = () => {
        const context = canvas.getContext('2d');
        context.fillStyle = '#0000ff';
        context.fillRect(0, 0, 24, 24);
    };
    draw();
    setInterval(draw, 30);
    window.stream = canvas.captureStream();
    const getUserMedia = async () => {
        window.asked = (window.asked ?? 0) + 1;
        if (refused) throw new DOMException(refused, 'NotAllowedError');
        return window.stream;
    };
    Object.defineProperty(navigator, 'mediaDevices', {value: {getUserMedia}, configurable: true});
}"""
"""A camera that sees blue, or one that is refused."""


def test_a_camera_is_asked_for_on_a_click_alone_and_let_go(mounted, shown):
    _, root = shown()
    camera, words = root.get_by_role("button", name="from the camera"), root.locator(NOTICE)
    assert camera.is_hidden(), "a page like this one may not have any"
    explorer, root = shown(camera=True)
    camera, words = root.get_by_role("button", name="from the camera"), root.locator(NOTICE)
    mounted.page.evaluate(CAMERA, ["Permission denied"])
    camera.click()
    words.get_by_text("The camera cannot be used: Permission denied. Allow it for this page").wait_for()
    mounted.page.evaluate(CAMERA, [None])
    asked = mounted.page.evaluate("window.asked")
    camera.click()
    take = words.get_by_role("button", name="Take it")
    take.wait_for()
    words.locator("video").evaluate("video => new Promise(done => video.requestVideoFrameCallback(done))")
    before = there(root)
    take.click()
    follow(mounted, root, before)
    red, green, blue = explorer.pictures[-1].reshape(-1, 3).mean(axis=0)
    assert (red < 40, green < 40, blue > 200) == (True, True, True)
    assert mounted.page.evaluate("[window.asked, stream.active]") == [asked + 1, False]
