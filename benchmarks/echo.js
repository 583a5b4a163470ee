// A slider and a canvas, and as little as there can be between them.
export default {
  render({ model, el }) {
    el.classList.add("echo");
    const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 1, step: "any" });
    slider.setAttribute("aria-label", "Echo");
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
    const context = canvas.getContext("2d");
    el.append(slider, canvas);

    let request = 0;
    let answered = true;
    let moved = false;
    const ask = () => {
      request += 1;
      [moved, answered] = [false, false];
      model.send({ type: "request", request, position: slider.valueAsNumber });
    };
    slider.addEventListener("input", () => {
      moved = true;
      if (answered) ask();
    });
    model.on("msg:custom", (_, [pixels]) => {
      answered = true;
      if (moved) ask();
      const image = new ImageData(new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.byteLength), 64);
      requestAnimationFrame(() => context.putImageData(image, 0, 0));
    });
  },
};
