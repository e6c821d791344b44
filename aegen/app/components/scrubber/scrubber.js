// A picture of a path under a slider. All frames come as one sheet, so nothing is asked for while
// the slider moves; where it is let go, and which frame was clicked, is told to Python.
//
// For tests the root `.aegen-scrubber` carries data-shown, a mark of the sheet that is painted,
// and data-at, the frame that is drawn.

const views = new WeakMap();
const PACE = 60; // milliseconds a frame while it plays

class View {
  constructor(parent) {
    this.root = document.createElement("div");
    this.root.className = "aegen-scrubber";
    this.root.innerHTML =
      '<button type="button" class="picture"><canvas></canvas></button>' +
      '<div><button type="button" class="play" aria-pressed="false"></button>' +
      '<span>A</span><input type="range" min="0" step="1"><span>B</span></div>';
    [this.picture, this.play] = this.root.querySelectorAll("button");
    this.canvas = this.root.querySelector("canvas");
    this.range = this.root.querySelector("input");
    this.range.addEventListener("input", () => (this.stop(), this.draw()));
    this.range.addEventListener("change", () => this.tell("put", Number(this.range.value)));
    this.picture.addEventListener("click", () => {
      this.stop();
      this.tell("open", Number(this.range.value));
    });
    this.play.addEventListener("click", () => this.toggle());
    this.sheet = new Image();
    this.stop();
    parent.append(this.root);
  }

  destroy() {
    clearInterval(this.timer);
    this.root.remove();
  }

  async show(data) {
    const { mark, n, label, at, seen } = data;
    const told = this.data?.at !== at || this.data?.mark !== mark;
    const fresh = this.data?.mark !== mark;
    this.data = data;
    this.range.max = n - 1;
    this.range.setAttribute("aria-label", `${label}, from A to B`);
    this.picture.setAttribute("aria-label", `${label}: look closer`);
    this.picture.title = "Look closer";
    if (told && !this.timer) this.range.value = at;
    if (fresh) {
      const sheet = new Image();
      sheet.src = data.sheet;
      await sheet.decode().catch(() => {});
      if (this.data.mark !== mark) return;
      this.sheet = sheet;
      this.root.dataset.shown = mark;
    }
    this.draw();
    if (seen && this.seen !== mark) {
      this.seen = mark;
      this.root.scrollIntoView({ block: "center" });
    }
  }

  draw() {
    const { width, height, columns, n } = this.data;
    const at = Number(this.range.value);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      Object.assign(this.canvas, { width, height });
    }
    const left = (at % columns) * width;
    const top = Math.floor(at / columns) * height;
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    context.drawImage(this.sheet, left, top, width, height, 0, 0, width, height);
    this.root.dataset.at = at;
    this.range.setAttribute("aria-valuetext", `${Math.round((100 * at) / (n - 1))} % of the way`);
  }

  toggle() {
    if (this.timer) {
      this.stop();
      this.tell("put", Number(this.range.value));
      return;
    }
    let step = 1;
    this.play.textContent = "❚❚";
    this.play.setAttribute("aria-label", "Pause");
    this.play.setAttribute("aria-pressed", "true");
    this.timer = setInterval(() => {
      const next = Number(this.range.value) + step;
      if (next < 0 || next >= this.data.n) step = -step;
      this.range.value = Number(this.range.value) + step;
      this.draw();
    }, PACE);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = "▶";
    this.play.setAttribute("aria-label", "Play");
    this.play.setAttribute("aria-pressed", "false");
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
