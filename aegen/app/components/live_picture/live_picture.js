// One picture that follows sliders. What Python sent stays until a newer one is drawn over it.
//
// For tests and benchmarks the root `.aegen-live` carries data-frames: pictures drawn from the
// channel; and data-shown: a mark of the picture that Python sent last.

const views = new WeakMap();

class View {
  constructor(parent) {
    this.root = Object.assign(document.createElement("div"), { className: "aegen-live" });
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.root.append(this.canvas);
    parent.append(this.root);
    this.frames = 0;
    this.follower = new Follower(({ header, pixels }) => {
      channel.paint(this.canvas, header, pixels);
      this.root.dataset.frames = ++this.frames;
    });
    this.unlisten = said(this.root);
  }

  async show({ picture, label, mark, live }) {
    this.canvas.setAttribute("aria-label", label);
    this.follower.set(live);
    if (this.mark === mark) return;
    this.mark = mark;
    const image = new Image();
    image.src = picture;
    await image.decode().catch(() => {});
    if (this.mark !== mark || this.follower.held) return; // a newer one is on its way
    Object.assign(this.canvas, { width: image.naturalWidth, height: image.naturalHeight });
    this.canvas.getContext("2d").drawImage(image, 0, 0);
    this.root.dataset.shown = mark;
  }

  destroy() {
    this.follower.stop();
    this.unlisten();
    this.root.remove();
  }
}

export default function ({ data, parentElement }) {
  let view = views.get(parentElement);
  if (!view) views.set(parentElement, (view = new View(parentElement)));
  view.show(data);
  const turn = (view.turn = {});
  // Streamlit may run a late clean-up after the next call: only the last call's counts.
  return () => {
    if (view.turn !== turn) return;
    view.destroy();
    views.delete(parentElement);
  };
}
