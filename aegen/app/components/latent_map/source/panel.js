// The HTML around the points: tools, legend, colour bar, caption and the card at the pointer.

import { figure, reading, short, valueAt } from "./scale.js";

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  pan: "M12 3v18M3 12h18M12 3l-3 3m3-3 3 3M12 21l-3-3m3 3 3-3M3 12l3-3m-3 3 3 3M21 12l-3-3m3 3-3 3",
  lasso: "M12 4c5 0 9 2.4 9 5.6s-4 5.7-9 5.7c-1.5 0-3-.2-4.200-.6M12 4C7 4 3 6.400 3 9.600c0 2 1.500 3.600 3.600 4.600M7.800 14.700a1.900 1.900 0 1 1-1.900 1.900c0-1 .8-1.900 1.900-1.900zm0 3.600c0 1.400-.9 2.200-2.300 2.700",
  look: "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z",
  path: "M5 19a2 2 0 1 1 0-.1M19 5a2 2 0 1 1 0-.1M7 19h8a4 4 0 0 0 0-8H9a4 4 0 0 1 0-8h8",
  box: "M4 7V4h3m4 0h2m4 0h3v3m0 4v2m0 4v3h-3m-4 0h-2m-4 0H4v-3m0-4v-2",
  closer: "M12 5v14M5 12h14",
  further: "M5 12h14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  labels: "M4 5h9l7 7-8 8-8-8zM8.500 8.500v.1",
  clear: "M6 6l12 12M18 6 6 18",
};

export function element(tag, className, attributes = {}) {
  const made = document.createElement(tag);
  made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export class Toolbar {
  // acts: { pan, lasso, box, look, path, closer, further, fit, labels, clear }
  constructor(acts) {
    this.root = element("div", "aegen-map-tools", { role: "toolbar", "aria-label": "Map tools" });
    const names = {
      pan: "Move the map (P)",
      lasso: "Draw around points (L, or hold Shift)",
      box: "Select a box (B)",
      look: "Look: the picture at the pointer's place (K)",
      path: "Draw a path and see the pictures along it (T)",
      closer: "Zoom in (+)",
      further: "Zoom out (-)",
      fit: "Show everything (0)",
      labels: "Names of groups, and pictures where the map is near (I)",
      clear: "Clear the selection (Escape)",
    };
    this.buttons = {};
    for (const [name, label] of Object.entries(names)) {
      const button = element("button", `aegen-map-tool is-${name}`, {
        type: "button",
        title: label,
        "aria-label": label,
      });
      button.append(icon(name));
      button.hidden = name === "look" || name === "path";
      button.addEventListener("click", acts[name]);
      this.buttons[name] = button;
      this.root.append(button);
    }
  }

  // The tools that need the live channel are there where it is.
  offer(live) {
    for (const name of ["look", "path"]) this.buttons[name].hidden = !live;
  }

  show({ tool, selected, labels }) {
    this.buttons.labels.setAttribute("aria-pressed", String(labels));
    for (const name of ["pan", "lasso", "box", "look", "path"]) {
      this.buttons[name].setAttribute("aria-pressed", String(name === tool));
    }
    this.buttons.clear.hidden = !selected;
  }
}

const WAYS = {
  even: "Colours go evenly with the values; few far ones are left beyond the ends",
  log: "Colours go with the logarithm of the values",
  rank: "Each colour has as many rows",
};

export class Legend {
  // onToggle(code, alone): switch a category, or leave it alone; onPoint(code or null): stress it;
  // onScale(way): let colours go with numbers in another way.
  constructor({ onToggle, onPoint, onScale }) {
    this.root = element("div", "aegen-map-legend");
    Object.assign(this, { onToggle, onPoint, onScale });
  }

  // pictures: the address of one a category, or nothing.
  show(spec, hidden, pictures) {
    this.root.replaceChildren();
    this.root.classList.toggle("has-pictures", Boolean(pictures));
    this.root.hidden = !spec.kind;
    if (!spec.kind) return;
    if (spec.title) {
      const title = element("span", "aegen-map-title");
      title.textContent = spec.title;
      this.root.append(title);
    }
    if (spec.kind === "value") this.root.append(this.bar(spec));
    else this.values(spec, hidden, pictures ?? []);
  }

  // Where colours repeat it is said first: the last lines may be out of sight.
  values(spec, hidden, pictures) {
    const colours = new Set(spec.palette).size;
    if (colours < spec.categories.length) {
      const said = element("span", "aegen-map-title");
      said.textContent = `${spec.categories.length} values share ${colours} colours: point at one to see its rows.`;
      this.root.append(said);
    }
    spec.categories.forEach((name, code) => {
      this.root.append(this.entry(spec, code, hidden, pictures[code]));
    });
  }

  // The colours with the values at their ends and in their middle, and how they go with values.
  bar({ scale, palette }) {
    const { stops, beyond, kind } = scale;
    const [low, middle, high] = [0, 0.5, 1].map((share) => reading(valueAt(share, stops), stops));
    const ends = [`${beyond[0] ? "\u2264 " : ""}${low}`, middle, `${beyond[1] ? "\u2265 " : ""}${high}`];
    const bar = element("span", "aegen-map-bar");
    const strip = element("span", "aegen-map-strip", {
      role: "img",
      "aria-label": `colour from ${ends[0]} to ${ends[2]}, ${middle} in the middle`,
    });
    strip.style.background = `linear-gradient(90deg, ${palette.join(", ")})`;
    strip.title = `middle colour: ${middle}`;
    const [first, last] = [ends[0], ends[2]].map((text) => {
      const end = element("span", "aegen-map-end");
      end.textContent = text;
      return end;
    });
    bar.append(first, strip, last);
    const ways = element("span", "aegen-map-ways", { role: "group", "aria-label": "Colours go with" });
    for (const [way, words] of Object.entries(WAYS)) {
      const button = element("button", "aegen-map-way", {
        type: "button", title: words, "aria-pressed": String(way === kind),
      });
      button.textContent = way;
      button.addEventListener("click", () => this.onScale(way));
      ways.append(button);
    }
    const both = element("span", "aegen-map-scale");
    both.append(bar, ways);
    return both;
  }

  entry(spec, code, hidden, picture) {
    const name = spec.categories[code];
    const entry = element("button", "aegen-map-entry", {
      type: "button",
      "aria-pressed": String(!hidden.has(code)),
      title: `${name}: ${figure(spec.counts[code])} rows. Click to hide or show, double-click for this one alone.`,
    });
    const dot = element("span", "aegen-map-dot");
    dot.style.background = spec.palette[code];
    const text = element("span", "aegen-map-name");
    text.textContent = name;
    entry.append(dot);
    if (picture) entry.append(element("img", "aegen-map-typical", { src: picture, alt: "" }));
    entry.append(text);
    entry.addEventListener("click", (event) => this.onToggle(code, event.detail >= 2));
    entry.addEventListener("pointerenter", () => this.onPoint(code));
    entry.addEventListener("pointerleave", () => this.onPoint(null));
    return entry;
  }

  press(hidden) {
    this.root.querySelectorAll(".aegen-map-entry").forEach((entry, code) => {
      entry.setAttribute("aria-pressed", String(!hidden.has(code)));
    });
  }
}

export class Card {
  constructor() {
    this.root = element("div", "aegen-map-card", { hidden: "" });
    this.tile = element("canvas", "aegen-map-tile");
    this.text = element("div", "aegen-map-text");
    this.root.append(this.tile, this.text);
  }

  hide() {
    this.root.hidden = true;
  }

  // tile: { atlas, x, y, width, height }, or null where the row has no picture.
  show([px, py], [width, height], lines, tile) {
    this.tile.hidden = !tile;
    if (tile) this.paint(tile);
    this.text.replaceChildren(
      ...lines.map(({ text, colour }) => {
        const line = element("div", "aegen-map-line");
        if (colour) {
          const dot = element("span", "aegen-map-dot");
          dot.style.background = colour;
          line.append(dot);
        }
        line.append(text);
        return line;
      }),
    );
    this.root.hidden = false;
    this.place([px, py], [width, height]);
  }

  // Beside a pixel, within the map.
  place([px, py], [width, height]) {
    const { offsetWidth, offsetHeight } = this.root;
    // On a narrow map above or below the pixel, which it would cover otherwise.
    const narrow = offsetWidth + 22 > Math.max(px, width - px);
    const above = py > offsetHeight + 24 ? py - offsetHeight - 20 : py + 24;
    const left = narrow ? px - offsetWidth / 2 : px < width * 0.55 ? px + 18 : px - 18 - offsetWidth;
    const top = narrow ? above : py - offsetHeight / 2;
    this.root.style.left = `${Math.max(4, Math.min(left, width - offsetWidth - 4))}px`;
    this.root.style.top = `${Math.max(4, Math.min(top, height - offsetHeight - 4))}px`;
  }

  // A picture, with what is said of it, beside that of the nearest row: paint(canvas, k) draws either.
  showLook([px, py], size, paint, { lines, far, said }) {
    this.pair ??= [element("canvas", "aegen-map-looked"), element("canvas", "aegen-map-looked")];
    this.pair.forEach((canvas, k) => {
      paint(canvas, k);
      const times = Math.max(1, Math.round(112 / Math.max(canvas.width, canvas.height)));
      canvas.style.width = `${canvas.width * times}px`;
    });
    this.tile.hidden = true;
    const word = (text) => Object.assign(element("div", "aegen-map-line"), { textContent: text });
    const here = element("div", "aegen-map-look");
    here.append(this.pair[0], word(said));
    const near = element("div", "aegen-map-look");
    near.append(this.pair[1], ...lines.map(({ text }) => word(text)), word(`${short(far)} away`));
    const both = element("div", "aegen-map-looks");
    both.append(here, near);
    this.text.replaceChildren(both);
    this.root.hidden = false;
    this.place([px, py], size);
  }

  // The place of a picture is kept while its atlas is unpacked.
  paint(tile) {
    const { atlas, x, y, width, height } = tile;
    this.painted = tile;
    const times = Math.max(1, Math.round(112 / Math.max(width, height)));
    Object.assign(this.tile, { width, height });
    Object.assign(this.tile.style, { width: `${width * times}px`, height: `${height * times}px` });
    if (!atlas.image) return atlas.unpack(() => this.painted === tile && this.paint(tile));
    const context = this.tile.getContext("2d");
    context.drawImage(atlas.image, x, y, width, height, 0, 0, width, height);
  }
}
