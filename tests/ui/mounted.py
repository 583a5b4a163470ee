"""Widgets of this process on a plain page: the built front end and the real protocol, without a notebook."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import comm
from comm.base_comm import BaseComm
from playwright.sync_api import Browser, Locator

from benchmarks.notebook import PAGE_SCRIPT

WAIT_SECONDS = 60

HOST = """
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
const text = (buffer) => {
  const parts = [];
  for (let i = 0; i < buffer.byteLength; i += 32768) {
    parts.push(String.fromCharCode(...new Uint8Array(buffer.slice(i, i + 32768))));
  }
  return btoa(parts.join(''));
};

// What a host is to a widget: traits on both sides, and messages.
class Model {
  constructor(id, traits) {
    Object.assign(this, {id, traits, unsaved: {}, listeners: new Map()});
  }
  get(name) { return this.traits[name]; }
  set(name, value) {
    this.unsaved[name] = value;
    this.arrive({[name]: value});
  }
  save_changes() {
    outbox.push({id: this.id, state: this.unsaved});
    this.unsaved = {};
  }
  send(content, _, buffers = []) { outbox.push({id: this.id, content, buffers: buffers.map(text)}); }
  on(name, listener) { this.listeners.set(name, (this.listeners.get(name) ?? new Set()).add(listener)); }
  off(name, listener) { this.listeners.get(name)?.delete(listener); }
  arrive(traits) {
    Object.assign(this.traits, traits);
    for (const name of Object.keys(traits)) this.emit(`change:${name}`);
  }
  emit(name, ...values) { for (const listener of [...(this.listeners.get(name) ?? [])]) listener(...values); }
}
const outbox = [];
const models = new Map();
const modules = new Map();
const endings = [];

window.take = () => outbox.splice(0);
window.deliver = (messages) => {
  for (const {id, state, content, buffers} of messages) {
    const model = models.get(id);
    if (state) model?.arrive(state);
    else model?.emit('msg:custom', content, buffers.map(bytes));
  }
};
const module = (code) => {
  if (!modules.has(code)) modules.set(code, import(URL.createObjectURL(new Blob([code], {type: 'text/javascript'}))));
  return modules.get(code);
};
window.mount = async (id, code, traits, el) => {
  const model = new Model(id, traits);
  models.set(id, model);
  const given = (await module(code)).default;
  const widget = typeof given === 'function' ? await given() : given;
  for (const begun of [await widget.initialize?.({model}), await widget.render({model, el})]) {
    if (begun) endings.push(begun);
  }
};
window.unmount = () => {
  for (const end of endings.splice(0).reverse()) end();
  for (const node of [...document.body.children, ...document.head.querySelectorAll('style.of-a-widget')]) node.remove();
  models.clear();
  outbox.length = 0;
};
"""
"""What stands for a notebook: it brings traits and messages to where the widget is, and back."""

PAGE = """<!doctype html><html><head><meta charset="utf-8"><style>
  body { margin: 0; background: #fff; }
  body[data-jp-theme-light="false"] { background: #111; }
  /* As ipywidgets has its boxes. */
  .widget { box-sizing: border-box; margin: 2px; overflow: visible; }
  .box { box-sizing: border-box; display: flex; margin: 0; overflow: auto; }
  .hbox { flex-direction: row; } .vbox { flex-direction: column; }
  .grid { box-sizing: border-box; display: grid; margin: 0; overflow: auto; }
</style></head><body></body></html>"""


class Wire(BaseComm):
    """The kernel's end of the line; what goes out is kept until the page is given it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.published: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        self.published.append((json.loads(json.dumps(data or {})), [bytes(buffer) for buffer in buffers or []]))


@contextmanager
def wired() -> Iterator[None]:
    """Let widgets that are made meanwhile talk through a `Wire`."""
    with mock.patch.object(comm, "create_comm", Wire):
        yield


@contextmanager
def opened(make: Callable[[], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the widgets that `make` makes, by their names, and close them in the end."""
    with wired():
        made = make()
        yield made
    for widget in made.values():
        widget.close()


class Mounted:
    """A plain page with widgets.

    Parameters
    ----------
    browser : Browser
    width, height : int
        Of the window.
    **context
        What else the browser is told of the page: `has_touch` for a tablet.
    """

    def __init__(self, browser: Browser, width: int = 1366, height: int = 768, **context: Any) -> None:
        self.page = browser.new_context(viewport={"width": width, "height": height}, **context).new_page()
        self.page.add_init_script(path=PAGE_SCRIPT)
        self._widgets: dict[str, Any] = {}
        self._count = 0
        self.page.goto("about:blank")
        self.page.set_content(PAGE)
        self.page.evaluate(f"() => {{ {HOST} }}")

    def close(self) -> None:
        self.page.context.close()

    def clear(self) -> None:
        """End all widgets and leave an empty page; what was read of the front end once is not read again."""
        self._widgets = {}
        self.page.evaluate("() => unmount()")

    def theme(self, light: bool) -> None:
        """Take the colours of JupyterLab's light theme, or its dark one."""
        self.page.evaluate("light => { document.body.dataset.jpThemeLight = String(light); }", light)

    def resize(self, width: int, height: int) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    def show(self, *widgets: Any, inside: str = "<div class='widget'></div>", wait: bool = True) -> list[Locator]:
        """Put widgets on the page, each in a copy of the element `inside`, and return them when they are drawn.

        Parameters
        ----------
        *widgets : Widget
        inside : str
            HTML; its last element with the class ``widget`` holds the widget.
        """
        shown = []
        for widget in widgets:
            self._count += 1
            name = f"w{self._count}"
            self._widgets[name] = widget
            del widget.comm.published[:]
            shown.append(self._mount(name, widget, inside))
        if wait:
            self.settle()
        return shown

    def alone(self, widget: Any) -> Locator:
        """Put a widget on an empty page, and return it when it is drawn."""
        self.clear()
        (root,) = self.show(widget)
        return root

    def show_saved(self, widget: Any) -> Locator:
        """Put on the page what the state of a widget shows where no kernel is, and return it."""
        self._count += 1
        return self._mount(f"w{self._count}", widget, "<div class='widget'></div>")

    def _mount(self, name: str, widget: Any, inside: str) -> Locator:
        state = {key: value for key, value in widget.get_state().items() if key not in ("_esm", "_css", "layout")}
        self.page.evaluate(
            """async ([id, code, style, traits, inside]) => {
                const sheet = document.createElement('style');
                const [name, kind] = [`sheet of ${id}`, 'of-a-widget'];
                document.head.append(Object.assign(sheet, {textContent: style, id: name, className: kind}));
                const holder = document.createElement('template');
                holder.innerHTML = inside;
                const root = holder.content.firstElementChild;
                document.body.append(root);
                const el = [...root.querySelectorAll('.widget')].at(-1) ?? root;
                el.id = id;
                await mount(id, code, traits, el);
            }""",
            [name, widget._esm, widget._css, json.loads(json.dumps(state)), inside],
        )
        return self.page.locator(f"#{name} > .xai")

    def pump(self) -> bool:
        """Carry what both sides have to say to the other one; return whether there was anything."""
        told = self.page.evaluate("() => take()")
        for message in told:
            widget = self._widgets.get(message["id"])
            if widget is None:
                continue
            if "state" in message:
                widget.set_state(message["state"])
            else:
                buffers = [memoryview(base64.b64decode(buffer)) for buffer in message["buffers"]]
                widget._handle_custom_msg(message["content"], buffers)
        sent = []
        for name, widget in self._widgets.items():
            published = widget.comm.published
            while published:
                data, buffers = published.pop(0)
                if data.get("method") == "custom":
                    packed = [base64.b64encode(buffer).decode() for buffer in buffers]
                    sent.append({"id": name, "content": data["content"], "buffers": packed})
                elif data.get("method") == "update":
                    sent.append({"id": name, "state": data["state"]})
        if sent:
            self.page.evaluate("messages => deliver(messages)", sent)
        return bool(told or sent)

    def settle(self, seconds: float = WAIT_SECONDS) -> None:
        """Carry messages until nobody says anything more."""
        end, quiet = time.monotonic() + seconds, 0
        while quiet < 4:
            assert time.monotonic() < end, "the widgets do not come to rest"
            self.page.evaluate("() => new Promise(requestAnimationFrame)")
            quiet = 0 if self.pump() or self._busy else quiet + 1

    def until(self, condition: Callable[[], bool], words: str, seconds: float = WAIT_SECONDS) -> None:
        """Carry messages until a condition holds, and fail where it never does."""
        for _ in self.run(seconds):
            if condition():
                return
        raise AssertionError(f"Waited {seconds} seconds in vain: {words}")

    def run(self, seconds: float) -> Iterator[None]:
        """Carry messages for a while, a turn at a time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.pump()
            yield

    @property
    def _busy(self) -> bool:
        screens = [getattr(widget, "_screen", None) for widget in self._widgets.values()]
        return any(screen is not None and not screen.session.wait(0.01) for screen in screens)
