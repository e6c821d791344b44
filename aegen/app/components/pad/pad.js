// The pad: a point is dragged over a sheet of pictures by mouse, finger or arrow keys, and the
// picture at the point follows. Letting go tells Python where it is; a double click (or Enter)
// makes the point the new start.
//
// For tests and benchmarks the root `.aegen-pad` carries data-shown: a mark of what Python sent
// last; and data-frames: pictures drawn from the live channel.

const channel = globalThis[Symbol.for("aegen.live")];
const STEP = 0.1;
const views = new WeakMap();

const make = (tag, className) => Object.assign(document.createElement(tag), { className });
const keep = (value, most) => Math.min(Math.max(value, -most), most);

class View {
  constructor(parent) {
    this.root = make("div", "aegen-pad");
    this.sheet = make("div", "aegen-pad-sheet");
    this.sheet.tabIndex = 0;
    this.sheet.setAttribute("role", "application");
    this.image = Object.assign(make("img", ""), { alt: "", draggable: false });
    this.point = make("div", "aegen-pad-point");
    this.sheet.append(this.image, this.point);
    const here = make("div", "aegen-pad-here");
    this.canvas = make("canvas", "");
    this.canvas.setAttribute("role", "img");
    this.words = [make("span", ""), make("span", ""), make("span", "aegen-pad-off")];
    this.words[2].setAttribute("role", "status");
    here.append(this.canvas, ...this.words);
    this.root.append(this.sheet, here);
    parent.append(this.root);
    this.frames = 0;
    const heard = {
      pointerdown: (event) => this.press(event),
      pointermove: (event) => this.drag(event),
      pointerup: (event) => this.release(event),
      pointercancel: (event) => this.release(event),
      dblclick: () => this.tell("start", this.at),
      keydown: (event) => this.key(event),
    };
    for (const [name, handler] of Object.entries(heard)) this.sheet.addEventListener(name, handler);
    this.unlisten = channel.listen((state) => {
      this.root.dataset.channel = state;
      this.words[2].textContent =
        state === "off"
          ? "The live channel is blocked here (it needs a WebSocket): the picture follows when you let go."
          : "";
    });
  }

  async show(data) {
    this.data = data;
    channel.open();
    this.sheet.setAttribute(
      "aria-label",
      `Pictures along ${data.names[0]} (across) and ${data.names[1]} (up). Arrow keys move the ` +
        "point, Enter makes it the new start.",
    );
    if (this.mark === data.mark) return;
    this.mark = data.mark;
    const [sheet, picture] = [new Image(), new Image()];
    [sheet.src, picture.src] = [data.sheet, data.picture];
    await Promise.all([sheet.decode(), picture.decode()]).catch(() => {});
    if (this.mark !== data.mark) return;
    this.image.src = data.sheet;
    this.sheet.style.setProperty("--shape", `${sheet.naturalWidth} / ${sheet.naturalHeight}`);
    if (this.held === undefined) {
      Object.assign(this.canvas, { width: picture.naturalWidth, height: picture.naturalHeight });
      this.canvas.getContext("2d").drawImage(picture, 0, 0);
      this.place(data.at);
    }
    this.root.dataset.shown = data.mark;
  }

  // The outermost pictures' middles are `furthest` away, so the sheet's edge is half a tile more.
  place(at) {
    this.at = at;
    const reach = (this.data.furthest * 7) / 6;
    this.point.style.left = `${50 * (1 + at[0] / reach)}%`;
    this.point.style.top = `${50 * (1 - at[1] / reach)}%`;
    at.forEach((value, axis) => {
      const number = `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)} sd`;
      this.words[axis].textContent = `${axis ? "↑" : "→"} ${this.data.names[axis]}: ${number}`;
    });
    this.canvas.setAttribute("aria-label", "The picture at the point");
  }

  go(at) {
    const { furthest, request } = this.data;
    this.place(at.map((value) => keep(value, furthest)));
    channel.ask("pad", { ...request, points: [this.at] }, ({ header, pixels }) => {
      if (!header) return;
      channel.paint(this.canvas, header, pixels);
      this.root.dataset.frames = ++this.frames;
    });
  }

  under(event) {
    const { left, top, width, height } = this.sheet.getBoundingClientRect();
    const reach = (this.data.furthest * 7) / 6;
    return [
      (2 * (event.clientX - left)) / width - 1,
      1 - (2 * (event.clientY - top)) / height,
    ].map((share) => share * reach);
  }

  press(event) {
    if (event.button || !this.data) return;
    this.held = event.pointerId;
    this.sheet.setPointerCapture(event.pointerId);
    this.go(this.under(event));
  }

  drag(event) {
    if (event.pointerId === this.held) this.go(this.under(event));
  }

  release(event) {
    if (event.pointerId !== this.held) return;
    this.held = undefined;
    this.soon();
  }

  // Python hears where the point rests, but not between the two clicks of a double one.
  soon() {
    clearTimeout(this.later);
    this.later = setTimeout(() => this.tell("at", this.at), 400);
  }

  key(event) {
    const step = {
      ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP],
    }[event.key];
    if (event.key === "Enter") this.tell("start", this.at);
    if (!step) return;
    event.preventDefault();
    this.go(this.at.map((value, axis) => value + step[axis]));
    this.soon();
  }

  destroy() {
    clearTimeout(this.later);
    this.unlisten();
    this.root.remove();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view) views.set(parentElement, (view = new View(parentElement)));
  view.tell = (name, value) => {
    clearTimeout(view.later);
    setTriggerValue(name, value);
  };
  view.show(data);
  const turn = (view.turn = {});
  // Streamlit may run a late clean-up after the next call: only the last call's counts.
  return () => {
    if (view.turn !== turn) return;
    view.destroy();
    views.delete(parentElement);
  };
}
