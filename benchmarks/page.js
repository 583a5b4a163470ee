// Put into a page before its own scripts: notes what is painted, and what browser and kernel say to each other.
(() => {
  const recorded = { paints: [], messages: [] };
  window.recorded = recorded;

  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (image, ...place) {
    put.call(this, image, ...place);
    recorded.paints.push({ time: performance.now(), width: image.width, data: image.data.slice() });
  };

  window.watch = (kernel) =>
    kernel.anyMessage.connect((_, { msg, direction }) => {
      const type = msg.header.msg_type;
      if (!type.startsWith("comm_")) return;
      const data = msg.content.data ?? {};
      recorded.messages.push({
        time: performance.now(),
        direction,
        type,
        method: data.method ?? null,
        content: data.content ?? {},
        subshell: msg.header.subshell_id ?? null,
      });
    });

  const event = (name) => new Event(name, { bubbles: true });
  const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  // What a hand does: take hold, move through the positions, let go.
  window.drag = async (input, positions, pause, release = true) => {
    input.dispatchEvent(event("pointerdown"));
    const times = [];
    for (const position of positions) {
      input.value = String(position);
      times.push(performance.now());
      input.dispatchEvent(event("input"));
      if (pause > 0) await later(pause);
    }
    if (release) {
      input.dispatchEvent(event("change"));
      input.dispatchEvent(event("pointerup"));
    }
    return times;
  };

  // A move after which the page paints by itself, and elements tell something that the kernel has to find out: how many
  // milliseconds both take, null where it was known already.
  window.look = async (input, position, values) => {
    const waiting = () => [...values].some(({ textContent }) => textContent === "…");
    const frame = () => new Promise(requestAnimationFrame);
    let told = null;
    const observer = new MutationObserver(() => {
      if (!waiting()) told = performance.now();
    });
    for (const value of values) observer.observe(value, { childList: true, characterData: true, subtree: true });
    const [moved] = await drag(input, [position], 0);
    await frame();
    const asked = waiting();
    while (waiting()) await frame();
    observer.disconnect();
    const paint = recorded.paints.find(({ time }) => time >= moved);
    return { painted: paint === undefined ? null : paint.time - moved, told: asked ? told - moved : null };
  };
})();

// Nobody looks on who would have to be shown the first steps.
try {
  localStorage.setItem("xai-widgets-first-steps", "yes");
} catch {}
