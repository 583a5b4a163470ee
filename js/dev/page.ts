// A page to look at the explorer without Jupyter: npm run dev. Settings come from the address, for instance
// ?models=2&theme=dark&size=28&classes=1000&presenter&failing
import explorer from "../src/explorer";
import type { Traits } from "../src/shared/protocol";
import { CATALOGUE, method } from "../tests/fake_model";
import { FakeKernel } from "./kernel";

const settings = new URLSearchParams(location.search);
const size = Number(settings.get("size") ?? 224);
const NAMES = ["Egyptian cat", "tabby", "tiger cat", "lynx", "espresso", "missile", "space shuttle", "coffee mug"];

/** Pictures given by whoever opened the page, or some that are drawn here. */
async function pictures(): Promise<{ label: string; src: string }[]> {
  const given = (window as unknown as { pictures?: { label: string; src: string }[] }).pictures;
  if (given !== undefined) return given;
  return [30, 140, 260].map((hue, place) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    context.fillStyle = `hsl(${hue} 40% 20%)`;
    context.fillRect(0, 0, size, size);
    context.strokeStyle = `hsl(${hue} 60% 80%)`;
    context.lineWidth = size / 9;
    context.beginPath();
    context.arc(size / 2, size / 2, size / (3 + place), 0, 5);
    context.stroke();
    return { label: `ring ${place + 1}`, src: canvas.toDataURL() };
  });
}

async function brightness(src: string): Promise<{ values: Float32Array; width: number; height: number }> {
  const image = new Image();
  image.src = src;
  await image.decode();
  const { width, height } = image;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return { values: Float32Array.from({ length: width * height }, (_, i) => data[4 * i + 1] ?? 0), width, height };
}

async function main(): Promise<void> {
  const chosen = await pictures();
  const read = await Promise.all(chosen.map(({ src }) => brightness(src)));
  const count = Number(settings.get("classes") ?? NAMES.length);
  const [path, cover] = CATALOGUE.methods;
  if (path === undefined || cover === undefined) return;
  const catalogue: Traits["catalogue"] = {
    models: ["PyTorch", "Keras", "JAX"].slice(0, Number(settings.get("models") ?? 1)),
    classes: Array.from({ length: count }, (_, i) => NAMES[i] ?? `class number ${i}`),
    layers: ["features.3", "features.7", "classifier"],
    methods: [
      method({ name: "bare", label: "Saliency", sentence: "The gradient.", takes_layer: true }),
      {
        ...path,
        label: "Integrated gradients",
        options: path.options.map((option) =>
          option.kind === "choice"
            ? { ...option, label: "Baseline", choices: ["black", "white", "mean", "blur"] }
            : option,
        ),
      },
      { ...cover, label: "Occlusion" },
    ],
    families: [],
    quantities: [],
    adds: null,
    columns: null,
    segmentation: false,
    drawing: CATALOGUE.drawing,
    colormaps: CATALOGUE.colormaps,
    first: {},
    pictures: chosen.map(({ label, src }, i) => {
      const { width = 1, height = 1 } = read[i] ?? {};
      return { label, src, width, height };
    }),
  };
  if (catalogue.models.length === 1) catalogue.models = [""];
  const kernel = new FakeKernel({
    method: "path",
    target: null,
    contrast: null,
    layer: null,
    index: Math.min(2, chosen.length - 1),
    options: { steps: 64, start: "black", seed: 0 },
    display: { presenter: settings.has("presenter"), layout: settings.get("layout") ?? "blended" },
    catalogue,
    _snapshot: null,
  });
  kernel.brightness = read.map(({ values }) => values);
  kernel.delay = Number(settings.get("delay") ?? 40);
  const widget = typeof explorer === "function" ? await explorer() : explorer;
  const signal = new AbortController().signal;
  const common = { model: kernel.model, signal } as never;
  await widget.initialize?.(common);
  for (let i = 0; i < Number(settings.get("views") ?? 1); i++) {
    const el = document.createElement("div");
    document.querySelector("main")?.append(el);
    await widget.render?.({ model: kernel.model, el, signal } as never);
  }
  Object.assign(window, { kernel });
  if (settings.has("failing")) {
    setTimeout(() => {
      kernel.failing = true;
      kernel.send({ type: "hello" });
    }, 600);
  }
}

const theme = settings.get("theme");
if (theme !== null) document.body.dataset.jpThemeLight = String(theme === "light");
void main();
