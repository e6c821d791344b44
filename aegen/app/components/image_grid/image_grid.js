// A sheet of pictures, one image, under a grid of clear buttons; one is chosen by click, Enter or
// arrow keys.
//
// For tests and benchmarks the root `.aegen-grid` carries data-n (pictures) and, once a sheet is
// decoded and painted, data-shown: a mark of that sheet, so a new draw is a new mark; data-frames
// counts what was drawn from the live channel.

const views = new WeakMap();

class View {
  constructor(parent) {
    this.root = document.createElement("div");
    this.root.className = "aegen-grid";
    this.root.setAttribute("role", "group");
    this.sheet = document.createElement("img");
    this.sheet.alt = "";
    this.tiles = document.createElement("div");
    this.tiles.addEventListener("click", ({ target }) => this.choose(target));
    this.tiles.addEventListener("keydown", (event) => this.move(event));
    this.canvas = document.createElement("canvas");
    this.canvas.hidden = true;
    this.mark = document.createElement("i");
    this.root.append(this.sheet, this.canvas, this.tiles, this.mark);
    parent.append(this.root);
    this.frames = 0;
    this.follower = new Follower(({ header, pixels }) => this.follow(header, pixels));
    this.unlisten = said(parent, () => this.data?.live);
    this.resized = new ResizeObserver(() => this.fold());
    this.resized.observe(this.root);
  }

  // Over the sheet that Python sent, until a newer one is there.
  follow(header, pixels) {
    if (header.n !== this.data.n) return;
    channel.paint(this.canvas, header, pixels, this.across);
    this.canvas.hidden = false;
    this.root.dataset.frames = ++this.frames;
  }

  destroy() {
    this.follower.stop();
    this.resized.disconnect();
    this.unlisten();
    this.root.remove();
  }

  show(data) {
    const { n, label, names, chosen, sheet } = data;
    this.data = data;
    this.follower.set(data.live);
    this.root.setAttribute("aria-label", label);
    while (this.tiles.childElementCount > n) this.tiles.lastChild.remove();
    while (this.tiles.childElementCount < n) {
      this.tiles.append(Object.assign(document.createElement("button"), { type: "button" }));
    }
    [...this.tiles.children].forEach((tile, k) => {
      if (tile.title !== names[k]) {
        tile.title = names[k];
        tile.setAttribute("aria-label", names[k]);
      }
      tile.setAttribute("aria-pressed", String(k === chosen));
      tile.tabIndex = k === (chosen ?? 0) ? 0 : -1;
    });
    this.frame(data);
    this.fold();
    if (sheet !== this.shown) this.paint(data);
  }

  // Where pictures would be narrower than they may be, fewer stand side by side.
  fold() {
    const { n, columns, least } = this.data;
    const fit = Math.max(1, Math.floor(this.root.clientWidth / least));
    const across = fit < columns ? Math.ceil(n / Math.ceil(n / fit)) : columns;
    if (this.across === across && this.folded === n) return;
    Object.assign(this, { across, folded: n });
    this.root.style.setProperty("--columns", across);
    this.root.style.setProperty("--rows", Math.ceil(n / across));
    this.still();
  }

  // The sheet as it came, or its pictures on the canvas where they lie otherwise.
  still() {
    const { sheet, canvas, across, data: { n, columns } } = this;
    if (this.follower.held || !sheet.naturalWidth) return;
    canvas.hidden = across === columns;
    sheet.style = "";
    if (canvas.hidden) return;
    const w = sheet.naturalWidth / columns;
    const h = sheet.naturalHeight / Math.ceil(n / columns);
    Object.assign(canvas, { width: w * across, height: h * Math.ceil(n / across) });
    Object.assign(sheet.style, { aspectRatio: canvas.width / canvas.height, visibility: "hidden" });
    const context = canvas.getContext("2d");
    const place = (k, across) => [(k % across) * w, Math.floor(k / across) * h];
    for (let k = 0; k < n; k++) {
      context.drawImage(sheet, ...place(k, columns), w, h, ...place(k, across), w, h);
    }
  }

  // A frame over a line of pictures, at a place between them.
  frame({ frame, columns }) {
    this.mark.hidden = !frame;
    if (!frame) return;
    this.mark.className = frame[0];
    this.mark.style.width = `${100 / columns}%`;
    this.mark.style.left = `${(100 * frame[1]) / columns}%`;
  }

  // The old sheet stays until the new one is decoded: nothing flickers.
  async paint(data) {
    const next = new Image();
    next.src = data.sheet;
    await next.decode().catch(() => {});
    if (this.data.sheet !== data.sheet) return;
    this.shown = data.sheet;
    next.alt = "";
    this.sheet.replaceWith(next);
    this.sheet = next;
    this.still();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    if (this.shown !== data.sheet) return;
    this.root.dataset.n = data.n;
    this.root.dataset.shown = data.mark;
  }

  choose(tile) {
    const k = [...this.tiles.children].indexOf(tile);
    if (k >= 0) this.tell("choice", k);
  }

  move(event) {
    const tiles = [...this.tiles.children];
    const at = tiles.indexOf(event.target);
    const { across, data: { n } } = this;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
    if (at < 0 || !step || at + step < 0 || at + step >= n) return;
    event.preventDefault();
    tiles[at].tabIndex = -1;
    tiles[at + step].tabIndex = 0;
    tiles[at + step].focus();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (!views.has(parentElement)) views.set(parentElement, new View(parentElement));
  const view = views.get(parentElement);
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
