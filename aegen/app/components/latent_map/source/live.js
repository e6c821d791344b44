// What the map asks of the live channel: the picture at the pointer, and those along a path.
//
// The channel's client (components/live/channel.js) is joined in front of this script.

import { element } from "./panel.js";

const STEPS = 16; // pictures along a path

const channel = () => globalThis[Symbol.for("aegen.live")];

// `count` points evenly along a line of points.
export function alongPath(points, count) {
  const until = [0];
  for (let i = 1; i < points.length; i++) {
    until.push(until[i - 1] + Math.hypot(points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1]));
  }
  const whole = until.at(-1);
  if (!whole) return [points[0]];
  let i = 1;
  return Array.from({ length: count }, (_, k) => {
    const at = (whole * k) / (count - 1);
    while (i < points.length - 1 && until[i] < at) i++;
    const share = Math.min((at - until[i - 1]) / (until[i] - until[i - 1] || 1), 1);
    return points[i - 1].map((v, axis) => v + (points[i][axis] - v) * share);
  });
}

const show = ({ bundle, projection, row }, points, nearest) => ({
  ask: "map", bundle, projection, row, points, nearest,
});

// The picture decoded from the pointer's place, beside the nearest row's.
export class Look {
  // live(): what to ask about, or null; changed(state): the channel's state.
  constructor(card, live, changed) {
    Object.assign(this, { card, live, turn: 0, state: "closed" });
    this.unlisten = channel()?.listen((state) => {
      this.state = state;
      changed(state);
    });
  }

  open(live) {
    if (live && channel()) channel().open();
    return channel() ? this.state : "off";
  }

  // What is at a place of the map; lines(row): what a row's own card says.
  ask(place, pixel, size, lines) {
    const live = this.live();
    if (live) this.request(show(live, [place], true), pixel, size, lines, live.exact ? "here" : "here, by nearest rows");
  }

  // The picture of a code, and the row that is nearest to it.
  askCode(code, pixel, size, lines, said) {
    const live = this.live();
    if (live) this.request({ ask: "codes", bundle: live.bundle, codes: [code], nearest: true }, pixel, size, lines, said);
  }

  request(asked, pixel, size, lines, said) {
    if (!channel()) return;
    const turn = ++this.turn;
    channel().ask("look", asked, ({ header, pixels, problem }) => {
      if (this.turn !== turn && !this.recent(turn)) return;
      if (problem) return this.card.hide();
      this.card.showLook(pixel, size, (canvas, k) => channel().paint(canvas, header, pixels, 1, k, 1), {
        lines: lines(header.rows[0]), far: header.distances[0], said,
      });
      this.card.root.dataset.looks = Number(this.card.root.dataset.looks ?? 0) + 1;
    });
  }

  // A reply to a move of before is shown while newer ones are on their way, but not after leaving.
  recent(turn) {
    return turn > (this.left ?? 0);
  }

  leave() {
    this.left = this.turn++; // what is still on its way comes too late
    this.card.hide();
  }

  destroy() {
    this.unlisten?.();
  }
}

// The pictures along a path, below the points; closed by its button.
export class Strip {
  constructor(close) {
    this.root = element("div", "aegen-map-strip-of-path", { hidden: "" });
    this.canvas = element("canvas", "aegen-map-path-pictures", {
      role: "img", "aria-label": "Pictures along the path",
    });
    const button = element("button", "aegen-map-path-close", {
      type: "button", title: "Clear the path", "aria-label": "Clear the path",
    });
    button.textContent = "×";
    button.addEventListener("click", close);
    this.root.append(this.canvas, button);
  }

  ask(live, path) {
    if (!live || !channel()) return;
    this.open = true;
    const points = alongPath(path, STEPS);
    channel().ask("path", show(live, points, false), ({ header, pixels }) => {
      if (!header || !this.open) return;
      channel().paint(this.canvas, header, pixels);
      this.root.hidden = false;
      this.root.dataset.pictures = header.n;
    });
  }

  hide() {
    this.open = false;
    this.root.hidden = true;
  }
}
