// Watches Streamlit's own sliders and asks the channel for what they show while they are moved.
//
// Joined behind channel.js, in front of a component's script. `live` comes from Python
// (`aegen.app.components.live`): { lane, request, sliders: [{ key, path, values, frame }], read }.
// The request is sent with each slider's value put in at its path; `read` is a second request, sent
// seldom, whose reply's drawing goes into the element of the class `read`.

const channel = globalThis[Symbol.for("aegen.live")];

class Follower {
  // paint(reply): draws the pictures of a reply.
  constructor(paint) {
    this.paint = paint;
    this.watch = new MutationObserver((changes) => {
      if (changes.some(({ target }) => this.own(target))) this.moved();
    });
    this.watch.observe(document.body, { subtree: true, attributeFilter: ["value"] });
  }

  set(live) {
    this.live = live;
    if (!this.held) {
      // What Python says now is newer than what was still to be read.
      clearTimeout(this.later);
      Object.assign(this, { later: null, stale: false });
    }
    if (live) channel.open();
  }

  stop() {
    this.watch.disconnect();
    clearTimeout(this.later);
    this.live = null;
  }

  // A change counts only from the slider that a person has hold of, not from Streamlit.
  own(input) {
    const near = input === document.activeElement || input.closest("[data-dragging]");
    return near && this.live?.sliders.some(({ key }) => input.closest(`.${key}`));
  }

  // Whether a slider is held now.
  get held() {
    return Boolean(
      this.live?.sliders.some(({ key }) => document.querySelector(`.${key} [data-dragging]`)),
    );
  }

  show(more = {}) {
    const show = structuredClone({ ...this.live.request, ...more });
    for (const { key, path, values } of this.live.sliders) {
      const input = document.querySelector(`.${key} input[type="range"]`);
      if (!input) continue;
      const value = values ? values[Number(input.value)] : Number(input.value);
      const [last, ...above] = [...path].reverse();
      above.reverse().reduce((part, name) => part[name], show)[last] = value;
    }
    return show;
  }

  moved() {
    this.frames();
    const { lane, read } = this.live;
    channel.ask(lane, this.show(), (reply) => {
      if (this.live && !reply.problem) this.paint(reply);
    });
    this.stale = Boolean(read);
    this.plan();
  }

  // What is read may lag: it takes a fifth of the time at most, and comes once more at the end.
  plan() {
    const waits = this.reading && performance.now() - this.reading < 10_000;
    if (!this.stale || this.later || waits) return;
    this.later = setTimeout(() => this.read(), Math.max(150, this.pause ?? 0));
  }

  // The frame of a filmstrip goes where its slider is.
  frames() {
    for (const { key, frame } of this.live.sliders) {
      const input = frame && document.querySelector(`.${key} input[type="range"]`);
      const mark = frame && document.querySelector(`.${frame}`);
      if (!input || !mark) continue;
      const share = (input.value - input.min) / (input.max - input.min);
      mark.style.left = `${share * (100 - parseFloat(mark.style.width))}%`;
    }
  }

  read() {
    this.later = null;
    if (!this.live) return;
    this.stale = false;
    this.reading = performance.now();
    const { live } = this;
    const { lane, read } = live;
    channel.ask(`${lane}-read`, this.show({ read: true }), ({ header }) => {
      this.pause = 4 * (performance.now() - this.reading);
      this.reading = null;
      const place = document.querySelector(`.${read} .aegen-drawing`);
      // While Python still draws the page, what is held is read again until it has its place.
      if (this.live !== live || !place) this.stale ||= this.held;
      this.plan();
      if (this.live !== live || !place) return;
      if (header?.drawing) place.innerHTML = place.shown = header.drawing;
    });
  }
}

// A line below what follows the hand, where it cannot; `live` tells whether it should.
function said(root, live = () => true) {
  const line = document.createElement("div");
  line.className = "aegen-live-off";
  line.setAttribute("role", "status");
  line.style.cssText = "font: 12.5px/1.4 var(--st-font, sans-serif); opacity: .7";
  root.append(line);
  return channel.listen((state) => {
    line.textContent =
      state === "off" && live()
        ? "The live channel is blocked here (it needs a WebSocket): pictures follow when you let go."
        : "";
    root.dataset.channel = state;
  });
}
