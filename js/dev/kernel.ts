import { type FrameMessage, QUESTION_TRAITS, type Question, type Traits } from "../src/shared/protocol";
import { defaults, FakeModel, header } from "../tests/fake_model";

/** Answers like the kernel, with maps that are made up: what changes brightness counts, more noise before the end. */
export class FakeKernel extends FakeModel {
  /** The brightness of each picture. */
  brightness: Float32Array[] = [];
  failing = false;
  delay = 40;
  private generation = 0;
  private frames = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  override send(content: Record<string, unknown>): void {
    super.send(content);
    if (content.type === "hello") this.start(this.question(), null);
    if (content.type === "request") this.start(this.question(content.state), content.request as number);
    if (content.type === "settle") this.settle(content.changes as Partial<Question>, content.request as number);
    if (content.type === "stop") clearTimeout(this.timer);
  }

  private question(changes: unknown = {}): Question {
    const traits = this.traits as unknown as Traits;
    const own = Object.fromEntries(QUESTION_TRAITS.map((name) => [name, traits[name]]));
    return { ...own, ...(changes as object) } as unknown as Question;
  }

  private settle(changes: Partial<Question>, request: number): void {
    const chosen = this.catalogue.methods.find(({ name }) => name === changes.method);
    this.arrive(chosen === undefined ? { ...changes } : { options: defaults(chosen), ...changes });
    this.start(this.question(), request);
  }

  private start(question: Question, request: number | null): void {
    this.generation += 1;
    clearTimeout(this.timer);
    if (this.failing) {
      this.deliver({
        type: "error",
        frame: ++this.frames,
        generation: this.generation,
        request,
        view: null,
        message:
          "ValueError: the model returned NaN for this picture; expected finite scores. <b>Check its weights.</b>",
      });
      return;
    }
    const planned = Number(question.options.steps ?? question.options.samples ?? 224) + 1;
    const step = (done: number): void => {
      const evaluations = Math.min(done, planned);
      this.catalogue.models.forEach((_, view) => {
        this.frame(view, question, request, evaluations, planned);
      });
      if (evaluations < planned) this.timer = setTimeout(() => step(done === 1 ? 5 : done + 8), this.delay);
    };
    this.timer = setTimeout(() => step(1), 15);
  }

  private get catalogue(): Traits["catalogue"] {
    return this.traits.catalogue as Traits["catalogue"];
  }

  private frame(view: number, question: Question, request: number | null, evaluations: number, planned: number): void {
    const { pictures, classes, methods } = this.catalogue;
    const { width, height } = pictures[question.index] as Traits["catalogue"]["pictures"][number];
    const grey = this.brightness[question.index] as Float32Array;
    const map = new Float32Array(width * height);
    const noise = evaluations === planned ? 0 : 0.05 / Math.sqrt(evaluations);
    const sway = question.target === null ? 1 : 1 + question.target / 7;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const i = y * width + x;
        const right = grey[y * width + Math.min(x + 2, width - 1)] ?? 0;
        const below = grey[Math.min(y + 2, height - 1) * width + x] ?? 0;
        const edge = ((grey[i] ?? 0) - right + (grey[i] ?? 0) - below) / 255;
        const near = Math.exp(-((x / width - 0.42) ** 2 + (y / height - 0.45) ** 2) * 9 * sway);
        map[i] = near * (Math.abs(edge) * 0.12 + edge * 0.06) + noise * (Math.random() - 0.5) * near + view * 3e-7;
      }
    }
    const share = Math.exp(-0.05 * evaluations);
    const top = question.index % classes.length;
    const message: FrameMessage = {
      type: "frame",
      frame: ++this.frames,
      generation: this.generation,
      request,
      view,
      first: evaluations === 1,
      led: true,
      news: null,
      final: evaluations === planned,
      stopped: false,
      shape: [height, width],
      evaluations,
      planned,
      gap: 0.3 * share + 0.004,
      absolute_gap: 0.02,
      change: evaluations === 1 ? null : 0.4 * share * (0.8 + 0.4 * Math.random()) + 0.0008,
      score: 3.2,
      exact: false,
      within: 0.3 * share + 0.004,
      difference: view === 0 ? null : { largest: 3e-6, relative: 1e-5 },
      views: this.catalogue.models.length,
      facts: [],
      layer: null,
      header:
        evaluations === 1
          ? header({
              state: question,
              code: `ig = xai.${methods.find(({ name }) => name === question.method)?.label.replaceAll(" ", "")}(${Object.entries(
                question.options,
              )
                .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
                .join(", ")})\nresult = ig(model, images[${question.index}])\nresult.values, result.score, result.gap`,
              quantity: `${classes[question.target ?? top]}`,
              predictions: [0.36, 0.22, 0.14, 0.05, 0.02].map((probability, place) => {
                const index = (top + place) % classes.length;
                return { index, name: classes[index] ?? "", probability };
              }),
            })
          : null,
    };
    this.deliver(message, [new DataView(map.buffer)]);
  }
}
