// A network as a row of layers, each a button with two bars: how much of it remains, and how the
// rest is split between kept and inverted, beside the even split that chance would give.
//
// While a mask map replays a training (`aegen-epoch`), the bars follow it.

const views = new WeakMap();
const count = (value) => value.toLocaleString("en-US");
const percent = (part, whole) => (whole ? (100 * part) / whole : 0);

const make = (tag, className, text) => {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

class Row {
  constructor(parent) {
    this.root = make("div", "aegen-layers");
    this.root.setAttribute("role", "group");
    this.key = this.legend();
    parent.append(this.root, this.key);
    this.follow = ({ detail }) => {
      const counts = this.data?.map === detail.of && this.data.epochs?.[detail.epoch];
      if (counts) counts.forEach((each, k) => this.fill(k, each));
    };
    window.addEventListener("aegen-epoch", this.follow);
  }

  // What each mark of a card says.
  legend() {
    const key = make("div", "aegen-layers-key");
    for (const [mark, text] of [
      ["keep", "keep"],
      ["invert", "invert"],
      ["drop", "drop"],
      ["", "upper bar: all weights, lower bar: those that remain"],
      ["half", "as many of both"],
      ["chance", "where chance alone leaves that, 95 %"],
    ]) {
      const entry = make("span");
      if (mark) entry.append(make("i", mark));
      entry.append(text);
      key.append(entry);
    }
    return key;
  }

  show(data) {
    this.data = data;
    this.root.setAttribute("aria-label", data.label);
    const dark = this.dark();
    for (const [name, colour] of Object.entries(data.colours[dark ? "dark" : "light"])) {
      this.root.style.setProperty(`--${name}`, colour);
      this.key.style.setProperty(`--${name}`, colour);
    }
    if (this.root.childElementCount !== data.layers.length) {
      this.root.replaceChildren(...data.layers.map((_, k) => this.card(k)));
    }
    data.layers.forEach((layer, k) => {
      const card = this.root.children[k];
      card.querySelector(".name").textContent = layer.name.replaceAll("_", "_\u200b"); // may break
      card.querySelector(".shape").textContent = layer.shape;
      card.setAttribute("aria-pressed", String(k === data.chosen));
      this.fill(k, layer.counts);
    });
  }

  dark() {
    const probe = document.createElement("canvas").getContext("2d");
    const paper = getComputedStyle(this.root).getPropertyValue("--st-background-color").trim();
    probe.fillStyle = paper || "#fff";
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
    return 0.3 * r + 0.59 * g + 0.11 * b < 128;
  }

  card(k) {
    const card = make("button", "layer");
    card.type = "button";
    const head = make("span", "head");
    head.append(make("b", "name"), make("span", "shape"));
    const bar = make("span", "bar");
    bar.append(make("i", "keep"), make("i", "invert"));
    const split = make("span", "bar split");
    split.append(make("i", "keep"), make("i", "invert"), make("u", "chance"), make("u", "half"));
    const sides = make("span", "sides");
    sides.append(make("span", "kept"), make("span", "inverted"));
    card.append(head, bar, make("span", "remain"), split, sides);
    card.addEventListener("click", () => this.tell("layer", k));
    return card;
  }

  fill(k, [keep, invert, drop]) {
    const card = this.root.children[k];
    const [some, total] = [keep + invert, keep + invert + drop];
    const [bar, split] = card.querySelectorAll(".bar");
    bar.children[0].style.width = `${percent(keep, total)}%`;
    bar.children[1].style.width = `${percent(invert, total)}%`;
    split.classList.toggle("none", !some);
    split.children[0].style.width = `${percent(keep, some)}%`;
    split.children[1].style.width = `${percent(invert, some)}%`;
    const chance = some ? 98 / Math.sqrt(some) : 0; // 1.96 deviations of an even split, in percent
    split.children[2].style.left = `${Math.max(0, 50 - chance)}%`;
    split.children[2].style.width = `${Math.min(100, 2 * chance)}%`;
    const remain = `${percent(some, total).toFixed(2)} %`;
    card.querySelector(".remain").textContent = `${remain} of ${count(total)}`;
    card.querySelector(".kept").textContent = `${count(keep)} keep`;
    card.querySelector(".inverted").textContent = `${count(invert)} invert`;
    card.title =
      `${remain} remain: ${count(keep)} kept (${percent(keep, total).toFixed(2)} %), ` +
      `${count(invert)} inverted (${percent(invert, total).toFixed(2)} %), ` +
      `${count(drop)} dropped (${percent(drop, total).toFixed(2)} %)`;
  }

  close() {
    window.removeEventListener("aegen-epoch", this.follow);
    this.root.remove();
    this.key.remove();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (!views.has(parentElement)) views.set(parentElement, new Row(parentElement));
  const view = views.get(parentElement);
  view.tell = setTriggerValue;
  view.show(data);
  const turn = (view.turn = (view.turn ?? 0) + 1);
  return () => {
    if (view.turn !== turn) return;
    view.close();
    views.delete(parentElement);
  };
}
