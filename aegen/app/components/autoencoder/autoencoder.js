// A picture, the numbers of its code, and the picture that these decode to. The live numbers are
// range inputs; while one is dragged the picture on the right follows over the live channel, and
// letting go tells Python where they are.
//
// For tests and benchmarks the root `.aegen-ae` carries data-shown: a mark of what Python sent
// last; and data-frames: pictures drawn from the live channel.

const channel = globalThis[Symbol.for("aegen.live")];
const views = new WeakMap();

const make = (tag, className, text = "") =>
  Object.assign(document.createElement(tag), { className, textContent: text });

const figure = (words) => {
  const root = make("figure", "");
  const canvas = make("canvas", "");
  canvas.setAttribute("role", "img");
  const caption = make("figcaption", "", words);
  root.append(canvas, caption);
  return { root, canvas, caption };
};

const way = (sign, words) => {
  const root = make("div", "aegen-ae-way");
  root.append(make("b", "", sign), make("span", "", words));
  return root;
};

async function draw(canvas, source) {
  const image = new Image();
  image.src = source;
  await image.decode().catch(() => {});
  Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
  canvas.getContext("2d").drawImage(image, 0, 0);
}

class View {
  constructor(parent) {
    this.root = make("div", "aegen-ae");
    const all = make("div", "aegen-ae-all");
    this.root.append(all);
    [this.first, this.last] = [figure("A picture"), figure("What comes back")];
    this.code = make("div", "aegen-ae-code");
    this.off = make("div", "aegen-ae-off");
    this.off.setAttribute("role", "status");
    all.append(this.first.root, way("→", "the encoder packs it"), this.code);
    all.append(way("→", "the decoder unpacks"), this.last.root, this.off);
    parent.append(this.root);
    this.frames = 0;
    this.unlisten = channel.listen((state) => {
      this.root.dataset.channel = state;
      this.off.textContent =
        state === "off"
          ? "The live channel is blocked here (it needs a WebSocket): the picture follows when you let go."
          : "";
    });
  }

  async show(data) {
    this.data = data;
    channel.open();
    this.first.canvas.setAttribute("aria-label", data.label);
    this.last.canvas.setAttribute("aria-label", "What the numbers decode to");
    this.first.caption.textContent = data.label;
    if (this.mark === data.mark) return;
    this.mark = data.mark;
    if (!this.held) this.rows(data);
    await draw(this.first.canvas, data.picture);
    if (this.mark !== data.mark) return;
    if (!this.held) await draw(this.last.canvas, data.decoded);
    this.root.dataset.shown = data.mark;
  }

  // The rows stay where they are the same numbers, so that a focused one keeps the focus.
  rows({ numbers, dimension, furthest }) {
    const axes = numbers.map(({ axis, live }) => `${axis}${live}`).join();
    if (axes !== this.axes) {
      this.axes = axes;
      this.code.replaceChildren(...numbers.map((number) => this.row(number, furthest)));
      const more = dimension - numbers.length;
      if (more > 0) this.code.append(make("div", "aegen-ae-more", `… and ${more.toLocaleString("en")} more numbers`));
    }
    numbers.forEach((number, k) => this.put(k, number.now));
  }

  row({ axis, live }, furthest) {
    const root = make("div", `aegen-ae-row${live ? " is-live" : ""}`);
    let bar;
    if (live) {
      bar = Object.assign(make("input", ""), { type: "range", min: -furthest, max: furthest, step: 0.05 });
      bar.setAttribute("aria-label", `Number ${axis + 1} of the code`);
      bar.addEventListener("input", () => this.drag());
      bar.addEventListener("change", () => this.release());
    } else {
      bar = make("div", "aegen-ae-bar");
      bar.append(make("i", ""));
    }
    root.append(make("span", "", `${axis + 1}`), bar, make("span", ""));
    return root;
  }

  put(k, now) {
    const { numbers, furthest } = this.data;
    const { mean, sd, live } = numbers[k];
    const [, bar, said] = this.code.children[k].children;
    said.textContent = (mean + sd * now).toFixed(2).replace("-", "−");
    if (live) {
      if (Number(bar.value) !== now) bar.value = now;
      return;
    }
    const share = Math.min(Math.max(now / furthest, -1), 1) / 2;
    bar.firstChild.style.left = `${100 * (0.5 + Math.min(share, 0))}%`;
    bar.firstChild.style.width = `${100 * Math.abs(share)}%`;
  }

  values() {
    return [...this.code.querySelectorAll("input")].map((input) => Number(input.value));
  }

  drag() {
    this.held = true;
    const { numbers, request } = this.data;
    const values = this.values();
    const live = numbers.map((number, k) => [number, k]).filter(([number]) => number.live);
    const moves = {};
    live.forEach(([{ axis, own }, k], place) => {
      moves[axis] = values[place] - own;
      this.put(k, values[place]);
    });
    channel.ask("autoencoder", { ...request, moves }, ({ header, pixels }) => {
      if (!header) return;
      channel.paint(this.last.canvas, header, pixels);
      this.root.dataset.frames = ++this.frames;
    });
  }

  release() {
    this.held = false;
    this.tell("at", this.values());
  }

  destroy() {
    this.unlisten();
    this.root.remove();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view) views.set(parentElement, (view = new View(parentElement)));
  view.tell = setTriggerValue;
  view.show(data);
  const turn = (view.turn = {});
  // Streamlit may run a late clean-up after the next call: only the last call's counts.
  return () => {
    if (view.turn !== turn) return;
    view.destroy();
    views.delete(parentElement);
  };
}
