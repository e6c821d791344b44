// A few weights of a unit: what each reads, how it was drawn, what its mask makes of it, the sum.
//
// For tests the root `.aegen-ten` carries data-sum.

const views = new WeakMap();
const STATES = { 1: "keep", "-1": "invert", 0: "drop" };
const NEXT = { 1: -1, "-1": 0, 0: 1 };

const make = (tag, className, attributes = {}) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

const short = (value) => (Object.is(value, -0) ? 0 : value).toFixed(2).replace("-", "\u2212");
const elu = (value) => (value > 0 ? value : Math.exp(value) - 1);

class TenWeights {
  constructor(parent) {
    this.root = make("div", "aegen-ten");
    parent.append(this.root);
  }

  show(data) {
    this.colours = data.colours[this.dark() ? "dark" : "light"];
    const mark = JSON.stringify([data.title, data.weights, data.mask]);
    if (mark !== this.mark) {
      this.mark = mark;
      this.data = data;
      this.most = Math.max(...data.weights.map(Math.abs)) || 1;
      this.begin();
      this.build();
    }
    this.draw();
  }

  begin() {
    this.inputs = [...this.data.inputs];
    this.mask = [...this.data.mask];
  }

  dark() {
    const probe = document.createElement("canvas").getContext("2d");
    probe.fillStyle = getComputedStyle(this.root).getPropertyValue("--st-background-color").trim() || "#fff";
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
    return 0.3 * r + 0.59 * g + 0.11 * b < 128;
  }

  build() {
    const cards = make("div", "cards");
    this.cards = this.data.weights.map((_, k) => this.card(k));
    cards.append(...this.cards.map(({ root }) => root));
    this.total = make("b", "", { "aria-live": "polite" });
    this.said = make("span");
    const again = make("button", "again", { type: "button" });
    again.textContent = "As trained";
    again.addEventListener("click", () => {
      this.begin();
      this.draw();
    });
    const sum = make("div", "sum");
    sum.append(this.total, this.said, again);
    this.root.replaceChildren(cards, sum);
  }

  card(k) {
    const [root, label] = [make("div", "card"), make("small")];
    const input = make("input", "", {
      type: "range", min: "0", max: "1", step: "0.05", "aria-label": `what ${this.data.names[k]} says`,
    });
    input.addEventListener("input", () => {
      this.inputs[k] = Number(input.value);
      this.draw();
    });
    const [drawn, acting] = [make("div", "weight"), make("div", "weight")];
    drawn.title = `the weight as it was drawn: ${short(this.data.weights[k])}`;
    drawn.append(make("i"));
    acting.append(make("i"));
    const state = make("button", "state", { type: "button" });
    state.addEventListener("click", () => {
      this.mask[k] = NEXT[this.mask[k]];
      this.draw();
    });
    const adds = make("small");
    root.append(label, input, drawn, state, acting, adds);
    return { root, label, input, drawn, state, acting, adds };
  }

  draw() {
    const { inputs, mask, colours } = this;
    const { weights, names, title } = this.data;
    const parts = weights.map((weight, k) => inputs[k] * weight * mask[k]);
    this.cards.forEach(({ label, input, drawn, state, acting, adds }, k) => {
      const word = STATES[mask[k]];
      label.textContent = `${short(inputs[k])}`;
      label.title = `${names[k]}, from 0 to 1`;
      input.value = inputs[k];
      this.bar(drawn, weights[k], "color-mix(in srgb, currentcolor 45%, transparent)");
      this.bar(acting, weights[k] * mask[k], colours[word]);
      acting.title = `what acts: ${short(weights[k] * mask[k])}`;
      state.textContent = word;
      state.style.background = colours[word];
      state.style.color = this.ink(colours[word]);
      state.setAttribute("aria-label", `weight ${k + 1}: ${word}, click for ${STATES[NEXT[mask[k]]]}`);
      adds.textContent = parts[k] ? `${parts[k] > 0 ? "+" : ""}${short(parts[k])}` : "0";
    });
    const sum = parts.reduce((a, b) => a + b, 0);
    const plain = weights.reduce((a, weight, k) => a + inputs[k] * weight, 0);
    this.total.textContent = `${short(sum)} \u2192 ELU \u2192 ${short(elu(sum))}`;
    this.said.textContent =
      `is what these weights give ${title}; all kept they would give ${short(plain)} \u2192 ${short(elu(plain))}`;
    this.root.dataset.sum = sum.toFixed(4);
  }

  bar(box, value, colour) {
    const share = (50 * Math.abs(value)) / this.most;
    const bar = box.firstChild;
    Object.assign(bar.style, {
      background: colour, height: `${share}%`, top: value > 0 ? `${50 - share}%` : "50%",
    });
  }

  // Black or white, whichever reads better on a colour.
  ink(hex) {
    const [r, g, b] = [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
    return 0.3 * r + 0.59 * g + 0.11 * b < 128 ? "#fff" : "#1d2529";
  }
}

export default function ({ data, parentElement }) {
  if (!views.has(parentElement)) views.set(parentElement, new TenWeights(parentElement));
  const view = views.get(parentElement);
  view.show(data);
  const turn = (view.turn = (view.turn ?? 0) + 1);
  return () => {
    if (view.turn !== turn) return;
    view.root.remove();
    views.delete(parentElement);
  };
}
