// A grid of pictures cut out of one sheet; one is chosen by click, Enter or arrow keys.
//
// For tests and benchmarks the root `.aegen-grid` carries data-n (pictures) and, once the sheet
// is decoded and painted, data-shown: a short mark of the sheet, so a new draw is a new mark.

const views = new WeakMap();

class View {
  constructor(parent) {
    this.root = document.createElement("div");
    this.root.className = "aegen-grid";
    this.root.setAttribute("role", "group");
    this.root.addEventListener("click", ({ target }) => this.choose(target.closest("button")));
    this.root.addEventListener("keydown", (event) => this.move(event));
    parent.append(this.root);
    this.tiles = [];
  }

  show(data) {
    const { n, columns, aspect, label, names, chosen } = data;
    this.data = data;
    this.root.setAttribute("aria-label", label);
    this.root.style.setProperty("--columns", columns);
    this.root.style.setProperty("--aspect", aspect);
    while (this.tiles.length > n) this.tiles.pop().remove();
    while (this.tiles.length < n) {
      const tile = document.createElement("button");
      tile.type = "button";
      tile.append(document.createElement("span"), document.createElement("span"));
      this.tiles.push(tile);
      this.root.append(tile);
    }
    const current = chosen ?? 0;
    this.tiles.forEach((tile, k) => {
      tile.title = names[k];
      tile.setAttribute("aria-label", names[k]);
      tile.setAttribute("aria-pressed", String(k === chosen));
      tile.tabIndex = k === current ? 0 : -1;
    });
    this.paint(data);
  }

  // The old pictures stay until the new sheet is decoded: nothing flickers.
  async paint(data) {
    const sheets = [data.sheet, data.below].filter(Boolean);
    await Promise.all(
      sheets.map((source) => {
        const image = new Image();
        image.src = source;
        return image.decode().catch(() => {});
      }),
    );
    if (this.data !== data) return;
    const rows = Math.ceil(data.n / data.columns);
    const share = (at, of) => (of > 1 ? (100 * at) / (of - 1) : 0);
    this.tiles.forEach((tile, k) => {
      [data.sheet, data.below].forEach((source, layer) => {
        const { style } = tile.children[layer];
        style.display = source ? "" : "none";
        style.backgroundImage = source ? `url(${source})` : "";
        style.backgroundSize = `${data.columns * 100}% ${rows * 100}%`;
        style.backgroundPosition = `${share(k % data.columns, data.columns)}% ${share(
          Math.floor(k / data.columns),
          rows,
        )}%`;
      });
    });
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    if (this.data !== data) return;
    this.root.dataset.n = data.n;
    this.root.dataset.shown = `${data.sheet.length}-${data.sheet.slice(-48, -12)}`;
  }

  choose(tile) {
    const k = this.tiles.indexOf(tile);
    if (k >= 0) this.tell("choice", k);
  }

  move(event) {
    const at = this.tiles.indexOf(event.target.closest("button"));
    const { columns, n } = this.data;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (at < 0 || !step || at + step < 0 || at + step >= n) return;
    event.preventDefault();
    this.tiles[at].tabIndex = -1;
    this.tiles[at + step].tabIndex = 0;
    this.tiles[at + step].focus();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (!views.has(parentElement)) views.set(parentElement, new View(parentElement));
  const view = views.get(parentElement);
  view.tell = setTriggerValue;
  view.show(data);
}
