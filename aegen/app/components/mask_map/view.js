// A layer's mask on a canvas: pan, zoom, read off, replay. Nothing here asks the server; what a
// person has settled on (where they look, the epoch, a unit) is told to it afterwards.
//
// For tests the root `.aegen-mask` carries data-drawn, the mark of the mask that is on the canvas,
// and data-epoch; `data-millis` is how long the browser took from its bytes to the picture.

const NAMES = { 0: "dropped", 1: "kept", 3: "inverted" };
const FRAME = 180;
const views = new WeakMap();

const make = (tag, className, attributes = {}) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

const count = (value) => value.toLocaleString("en-US");

const share = (part, whole) => `${((100 * part) / whole).toFixed(2)} %`;

// Where a stretch of so many counts begins that has the largest sum.
function fullest(counts, length) {
  let [sum, most, best] = [0, 0, 0];
  for (let k = 0; k < counts.length; k++) {
    sum += counts[k] - (k < length ? 0 : counts[k - length]);
    if (sum > most) [most, best] = [sum, Math.max(0, k - length + 1)];
  }
  return best;
}

class MaskView {
  constructor(parent, room) {
    this.room = room;
    this.camera = new Camera();
    this.frames = new Map();
    this.fingers = new Map();
    this.tell = () => {};
    this.build(parent);
    this.listen();
    room.changed = () => this.refresh();
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.stage);
  }

  build(parent) {
    this.root = make("div", "aegen-mask");
    this.legend = make("div", "aegen-mask-legend");
    this.body = make("div", "aegen-mask-body");
    this.stage = make("div", "aegen-mask-stage");
    this.canvas = make("canvas", "", { tabindex: "0", role: "img" });
    this.canvas.camera = this.camera; // for tests
    this.said = make("div", "aegen-mask-said", { "aria-live": "polite" });
    this.size = make("div", "aegen-mask-size");
    this.stage.append(this.canvas, this.buttons(), this.said, this.size);
    this.side = make("div", "aegen-mask-side");
    this.all = new Places("Where all units look");
    this.one = new Places("Where one unit looks");
    this.signs = make("input", "", { type: "checkbox" });
    const label = make("label");
    label.append(this.signs, "keep minus invert");
    this.side.append(this.all.figure, label, this.one.figure);
    this.body.append(this.stage, this.side);
    this.marks = make("div", "aegen-mask-key");
    this.root.append(this.legend, this.body, this.marks, this.timeline());
    parent.append(this.root);
  }

  buttons() {
    const tools = make("div", "aegen-mask-tools", { role: "toolbar", "aria-label": "Map tools" });
    const middle = (factor) => () => {
      this.camera.zoom(factor, this.camera.wide / 2, this.camera.high / 2);
      this.moved();
    };
    const fit = () => {
      this.fitted();
      this.moved(null);
    };
    for (const [sign, name, act] of [
      ["+", "Zoom in (+)", middle(1.6)],
      ["\u2212", "Zoom out (-)", middle(1 / 1.6)],
      ["\u2922", "Show the whole layer (0)", fit],
    ]) {
      const button = make("button", "", { type: "button", title: name, "aria-label": name });
      button.textContent = sign;
      button.addEventListener("click", act);
      tools.append(button);
    }
    Object.assign(this, { fit, closer: middle(1.6), further: middle(1 / 1.6) });
    return tools;
  }

  timeline() {
    this.time = make("div", "aegen-mask-time");
    this.play = make("button", "", { type: "button" });
    this.slider = make("input", "", { type: "range", min: "0", step: "1", "aria-label": "Epoch" });
    this.clock = make("output");
    this.time.append(this.play, this.slider, this.clock);
    this.play.addEventListener("click", () => this.playing ? this.pause() : this.start());
    this.slider.addEventListener("input", () => this.slid());
    this.slider.addEventListener("change", () => this.told({ epoch: this.epochNow() }));
    return this.time;
  }

  // what comes from Python

  part(name) {
    const part = this.room.parts.get(name);
    return part?.id ? part : undefined;
  }

  // Shows what the parts say now; begins again when another mask is unpacked.
  async refresh() {
    const spec = this.part("spec")?.spec;
    const mask = this.part("mask");
    if (!spec || !mask || mask.id !== spec.parts.mask) return;
    if (this.mark !== mask.id) {
      // Whoever comes while this unpacks finds the mark, and leaves the rest to the call below.
      this.mark = mask.id;
      this.began = performance.now();
      const bytes = await inflate(mask.table.getChildAt(0).get(0));
      if (this.mark === mask.id) this.take(mask.id, unpack(bytes, spec.count));
      return;
    }
    if (this.unpacked !== mask.id) return;
    this.spec = spec;
    this.root.style.setProperty("--height", `${spec.height}px`);
    this.frames.set(`${spec.layer}:${spec.epoch}`, this.states);
    if (this.framesOf !== (this.part("frames")?.id ?? null)) this.takeFrames();
    this.sheet = new Sheet(spec.sheet);
    const place = JSON.stringify([spec.sheet, spec.shape, spec.layer]);
    const moved = place !== this.place;
    this.place = place;
    this.camera.over(this.sheet);
    this.measure();
    const look = JSON.stringify(spec.look);
    if (moved || (look !== this.looked && look !== this.lookTold)) {
      this.fitted();
      if (spec.look) this.camera.go(spec.look);
    }
    this.looked = look;
    if (!this.playing) this.show(this.states, spec.epoch);
    this.timing();
    if (this.began) this.root.dataset.millis = Math.round(performance.now() - this.began);
    this.began = 0;
    if (this.wants && this.hasFrames()) this.start();
  }

  take(mark, states) {
    this.unpacked = mark;
    this.states = states;
    this.refresh();
  }

  takeFrames() {
    const part = this.part("frames");
    this.framesOf = part?.id ?? null;
    this.packed = new Map();
    if (!part) return;
    const [epochs, masks] = [part.table.getChildAt(0), part.table.getChildAt(1)];
    for (let k = 0; k < part.table.numRows; k++) {
      this.packed.set(`${part.spec.layer}:${Number(epochs.get(k))}`, masks.get(k).slice());
    }
  }

  hasFrames() {
    return this.spec.epochs.every((epoch) => this.packed?.has(`${this.spec.layer}:${epoch}`));
  }

  async frame(epoch) {
    const key = `${this.spec.layer}:${epoch}`;
    if (!this.frames.has(key)) {
      const bytes = this.packed?.get(key);
      if (!bytes) return undefined;
      const states = unpack(await inflate(bytes), this.spec.count);
      if (this.frames.size * states.length > 6e7) this.frames.clear();
      this.frames.set(key, states);
    }
    return this.frames.get(key);
  }

  // The whole, or where that is more than the canvas shows, the part that has most weights left.
  fitted() {
    const { camera, sheet, states } = this;
    camera.fit();
    const room = [camera.wide / camera.scale, camera.high / camera.scale];
    if (camera.width <= room[0] && camera.height <= room[1]) return;
    const [across, down] = [new Uint32Array(sheet.width), new Uint32Array(sheet.height)];
    sheet.lines((x, y, index, step) => {
      for (let k = 0; k < sheet.counts[3]; k++, index += step) {
        if (!states[index]) continue;
        across[x + k]++;
        down[y]++;
      }
    });
    if (camera.width > room[0]) camera.x = -fullest(across, Math.floor(room[0])) * camera.scale;
    if (camera.height > room[1]) camera.y = -fullest(down, Math.floor(room[1])) * camera.scale;
    camera.settle();
  }

  // pictures

  colours() {
    const paper = getComputedStyle(this.root).getPropertyValue("--paper").trim();
    const probe = make("canvas").getContext("2d");
    probe.fillStyle = paper || "#fff";
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
    return this.spec.colours[0.3 * r + 0.59 * g + 0.11 * b < 128 ? "dark" : "light"];
  }

  show(states, epoch) {
    this.shown = states;
    this.epoch = epoch;
    this.ink = this.colours();
    this.paper = new Paper(this.sheet, states, this.ink);
    this.describe();
    this.looking();
    this.draw();
    this.root.dataset.drawn = this.mark;
    this.root.dataset.epoch = epoch ?? "";
    window.dispatchEvent(new CustomEvent("aegen-epoch", { detail: { of: this.spec.ticket, epoch } }));
  }

  describe() {
    const counts = [0, 0, 0, 0];
    for (const state of this.shown) counts[state]++;
    const total = this.shown.length;
    const parts = [["keep", counts[1]], ["invert", counts[3]], ["drop", counts[0]]];
    this.legend.replaceChildren(
      ...parts.map(([name, n]) => {
        const entry = make("span");
        const patch = make("i");
        patch.style.background = this.ink[name];
        const [word, number] = [make("b"), make("small")];
        word.textContent = name;
        number.textContent = `${count(n)} · ${share(n, total)}`;
        entry.append(patch, word, number);
        return entry;
      }),
    );
    const { dead, units, unitName, unitAt, epoch: known } = this.spec;
    if (dead.length && this.epoch === known) {
      const entry = make("span", "", {
        title: `Of ${units} ${unitName}s ${dead.length} are dead: nothing reaches them, or nobody reads them.`,
      });
      const [word, number] = [make("b"), make("small")];
      word.textContent = `dead ${unitName}s`;
      number.textContent = `${count(dead.length)} of ${count(units)}`;
      entry.append(make("i", unitAt ? "is-dead" : "is-hidden"), word, number);
      this.legend.append(entry);
    }
    const said = parts.map(([name, n]) => `${name} ${count(n)}`).join(", ");
    this.canvas.setAttribute(
      "aria-label",
      `${this.spec.label}: ${said}. Arrow keys move, plus and minus zoom, 0 shows everything.`,
    );
    this.size.textContent = this.spec.note;
    const frame = unitAt ? ` A frame is around the chosen ${unitName}: click one.` : "";
    const hatched = dead.length && unitAt
      ? ` Hatched ${unitName}s are dead: no input reaches them, or nobody reads them.` : "";
    this.marks.textContent =
      `Each point is a weight; where several share one, it is the stronger the more remain.${frame}${hatched}`;
  }

  looking() {
    const { places, unitName, unit } = this.spec;
    this.side.hidden = !places;
    if (!places) return;
    const signed = this.signs.checked;
    const all = signed
      ? `All ${places[0]} ${unitName}s: keep minus invert`
      : `Where all ${places[0]} ${unitName}s look`;
    this.all.show(this.shown, places, 0, places[0], signed, this.ink, all);
    this.lookOf(unit ?? this.hovered ?? this.fullestUnit());
  }

  // The unit with most weights, by the mask that is settled on, so that a replay keeps to one.
  fullestUnit() {
    const each = this.spec.count / this.spec.places[0];
    const left = new Uint32Array(this.spec.places[0]);
    for (let k = 0; k < this.states.length; k++) if (this.states[k]) left[Math.floor(k / each)]++;
    return left.indexOf(left.reduce((a, b) => Math.max(a, b), 0));
  }

  deadWord(unit) {
    return this.epoch === this.spec.epoch && this.spec.dead.includes(unit) ? ", dead" : "";
  }

  lookOf(unit) {
    const { places, unitName } = this.spec;
    if (!places || unit >= places[0]) return;
    const one = `${unitName} ${unit}${unit === this.spec.unit ? ", chosen" : ""}${this.deadWord(unit)}`;
    this.one.show(this.shown, places, unit, unit + 1, true, this.ink, one);
  }

  draw() {
    if (!this.paper || this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      const { camera, canvas } = this;
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, canvas.width, canvas.height);
      this.paper.draw(context, camera.x, camera.y, camera.scale);
      if (camera.scale >= 14) this.lines(context);
      this.drawDead(context);
      this.chosen(context);
      if (this.centred) this.cross(context);
    });
  }

  lines(context) {
    const { camera, canvas } = this;
    context.strokeStyle = getComputedStyle(this.root).getPropertyValue("--paper");
    context.lineWidth = Math.max(1, camera.scale / 24);
    context.beginPath();
    for (let x = camera.x % camera.scale; x < canvas.width; x += camera.scale) {
      context.moveTo(x, 0);
      context.lineTo(x, canvas.height);
    }
    for (let y = camera.y % camera.scale; y < canvas.height; y += camera.scale) {
      context.moveTo(0, y);
      context.lineTo(canvas.width, y);
    }
    context.stroke();
  }

  // The box of `count` units from a place on, in cells: lines of a matrix, or one block of tiles.
  box(place, count = 1) {
    const { sheet } = this;
    if (this.spec.unitAt !== "block") return [0, place, sheet.width, count];
    return [
      (place % sheet.blocksAcross) * sheet.blockX,
      Math.floor(place / sheet.blocksAcross) * sheet.blockY,
      sheet.blockX - sheet.blockGap,
      sheet.blockY - sheet.blockGap,
    ];
  }

  // Dead units are hatched, at the epoch of which they are known.
  drawDead(context) {
    const { spec, camera, sheet } = this;
    if (!spec.unitAt || !spec.dead.length || this.epoch !== spec.epoch) return;
    context.fillStyle = this.hatch(context);
    const places = spec.dead.map((unit) => sheet.placeOf(unit)).filter((place) => place !== undefined).sort((a, b) => a - b);
    for (let k = 0, count; k < places.length; k += count) {
      count = 1;
      while (spec.unitAt === "row" && places[k + count] === places[k] + count) count++;
      const [x, y, w, h] = this.box(places[k], count);
      context.fillRect(camera.x + x * camera.scale, camera.y + y * camera.scale, w * camera.scale, h * camera.scale);
    }
  }

  hatch(context) {
    const side = 8 * (devicePixelRatio || 1);
    const tile = make("canvas", "", { width: side, height: side });
    const ink = tile.getContext("2d");
    ink.strokeStyle = this.ink.strong;
    ink.globalAlpha = 0.28;
    ink.lineWidth = side / 8;
    ink.beginPath();
    for (const from of [-side, 0, side]) {
      ink.moveTo(from, side);
      ink.lineTo(from + side, 0);
    }
    ink.stroke();
    return context.createPattern(tile, "repeat");
  }

  // The chosen unit's line or block.
  chosen(context) {
    const { unit, unitAt } = this.spec;
    const { camera, sheet } = this;
    const place = unit == null ? undefined : sheet.placeOf(unit);
    if (place === undefined || !unitAt) return;
    const { scale } = camera;
    const [x, y, w, h] = this.box(place);
    context.strokeStyle = this.ink.strong;
    context.lineWidth = Math.max(2, devicePixelRatio * 1.5);
    context.strokeRect(camera.x + x * scale, camera.y + y * scale, w * scale, h * scale);
  }

  cross(context) {
    const [x, y] = [this.canvas.width / 2, this.canvas.height / 2];
    context.strokeStyle = this.ink.strong;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x - 9, y);
    context.lineTo(x + 9, y);
    context.moveTo(x, y - 9);
    context.lineTo(x, y + 9);
    context.stroke();
  }

  measure() {
    const ratio = devicePixelRatio || 1;
    const wide = Math.max(1, Math.round(this.stage.clientWidth * ratio));
    const high = Math.max(1, Math.round(this.stage.clientHeight * ratio));
    if (wide === this.canvas.width && high === this.canvas.height) return false;
    Object.assign(this.canvas, { width: wide, height: high });
    this.camera.sized(wide, high);
    return true;
  }

  resize() {
    if (this.sheet && this.measure()) this.draw();
  }

  // hands

  listen() {
    const { canvas } = this;
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      const ratio = canvas.width / box.width;
      return [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.fingers.set(event.pointerId, at(event));
      this.travelled = 0;
      this.centre(false);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.sheet) return;
      if (this.fingers.has(event.pointerId)) this.drag(event.pointerId, at(event));
      else if (event.pointerType !== "touch") this.read(at(event));
    });
    const up = (event) => {
      if (!this.fingers.delete(event.pointerId)) return;
      canvas.classList.remove("is-moving");
      if (event.type === "pointerup" && this.travelled < 5 && this.sheet) this.click(at(event));
      else if (this.travelled >= 5) this.moved();
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointerleave", () => this.fingers.size || this.read(null));
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        if (!this.sheet) return;
        this.centre(false);
        const turn = event.deltaY * (event.deltaMode ? 18 : 1) * (event.ctrlKey ? 5 : 1);
        this.camera.zoom(Math.exp(-turn / 400), ...at(event));
        this.read(at(event));
        this.moved();
      },
      { passive: false },
    );
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.centre(false));
    this.signs.addEventListener("change", () => this.looking());
  }

  drag(finger, now) {
    const before = this.fingers.get(finger);
    const others = [...this.fingers].filter(([id]) => id !== finger).map(([, place]) => place);
    this.fingers.set(finger, now);
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    this.travelled += Math.abs(dx) + Math.abs(dy);
    this.canvas.classList.add("is-moving");
    if (others.length) {
      const apart = (place) => Math.hypot(place[0] - others[0][0], place[1] - others[0][1]);
      const middle = [(now[0] + others[0][0]) / 2, (now[1] + others[0][1]) / 2];
      this.camera.zoom(apart(now) / Math.max(1, apart(before)), ...middle);
      this.camera.pan(dx / 2, dy / 2);
    } else this.camera.pan(dx, dy);
    this.draw();
  }

  key(event) {
    if (!this.sheet || event.ctrlKey || event.metaKey || event.altKey) return;
    const [across, down] = [this.camera.wide / 8, this.camera.high / 8];
    const acts = {
      ArrowLeft: () => this.camera.pan(across, 0),
      ArrowRight: () => this.camera.pan(-across, 0),
      ArrowUp: () => this.camera.pan(0, down),
      ArrowDown: () => this.camera.pan(0, -down),
      "+": this.closer,
      "=": this.closer,
      "-": this.further,
      0: this.fit,
      Home: this.fit,
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
    this.centre(true);
    if (event.key.startsWith("Arrow")) this.moved();
  }

  // With the keyboard, what is read off lies in the middle.
  centre(now) {
    this.centred = now;
    this.read(now ? [this.camera.wide / 2, this.camera.high / 2] : null);
    this.draw();
  }

  read(place) {
    const index = place ? this.sheet.at(...this.camera.cell(...place)) : -1;
    this.said.textContent = index < 0 ? "" : this.words(index);
    if (!this.spec.places || this.spec.unit != null || index < 0) return;
    const unit = Math.floor(index / (this.spec.count / this.spec.places[0]));
    if (unit !== this.hovered) this.lookOf((this.hovered = unit));
  }

  words(index) {
    const found = [];
    let rest = index;
    for (const { name, size } of [...this.spec.axes].reverse()) {
      found.unshift(`${name} ${rest % size}`);
      rest = Math.floor(rest / size);
    }
    found[0] += this.deadWord(Math.floor(index / (this.spec.count / this.spec.units)));
    return `${found.join(" · ")} · ${NAMES[this.shown[index]]}`;
  }

  click(place) {
    const index = this.sheet.at(...this.camera.cell(...place));
    this.canvas.focus({ preventScroll: true });
    this.read(place);
    if (index < 0 || !this.spec.unitAt) return;
    const unit = Math.floor(index / (this.spec.count / this.spec.units));
    this.spec.unit = unit === this.spec.unit ? null : unit;
    this.looking();
    this.draw();
    this.told({ unit: this.spec.unit });
  }

  moved(look = this.camera.look().map((value) => +value.toFixed(4))) {
    this.draw();
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      this.lookTold = JSON.stringify(look);
      this.told({ look });
    }, 700);
  }

  // time

  timing() {
    const { epochs, epoch } = this.spec;
    this.time.hidden = epochs.length < 2;
    this.slider.max = String(epochs.length - 1);
    if (!this.playing) {
      this.slider.value = String(Math.max(0, epochs.indexOf(epoch)));
      this.play.textContent = "\u25b6 Replay";
    }
    this.stand(this.epochNow());
  }

  stand(epoch) {
    const last = this.spec.epochs.at(-1);
    this.clock.textContent = epoch === 0 ? "before training" : `epoch ${epoch} of ${last}`;
    this.slider.setAttribute("aria-valuetext", this.clock.textContent);
  }

  epochNow() {
    return this.spec.epochs[Number(this.slider.value)];
  }

  async slid() {
    const epoch = this.epochNow();
    this.stand(epoch);
    const states = await this.frame(epoch);
    if (states && epoch === this.epochNow()) this.show(states, epoch);
  }

  start() {
    if (!this.hasFrames()) {
      this.wants = true;
      this.play.textContent = "loading\u2026";
      this.room.want?.();
      return;
    }
    this.wants = false;
    const last = this.spec.epochs.length - 1;
    if (Number(this.slider.value) >= last) this.slider.value = "0";
    this.playing = true;
    this.play.textContent = "\u2759\u2759 Pause";
    this.step();
  }

  async step() {
    await this.slid();
    if (!this.playing) return;
    if (Number(this.slider.value) >= Number(this.slider.max)) {
      this.pause();
      return;
    }
    this.timer = setTimeout(() => {
      this.slider.value = String(Number(this.slider.value) + 1);
      this.step();
    }, FRAME);
  }

  pause() {
    this.playing = false;
    clearTimeout(this.timer);
    this.play.textContent = "\u25b6 Replay";
    this.told({ epoch: this.epochNow() });
  }

  told(news) {
    if ("epoch" in news) {
      window.dispatchEvent(new CustomEvent("aegen-epoch-rests", { detail: { of: this.spec.ticket } }));
    }
    this.tell("told", news);
  }

  close() {
    this.watch.disconnect();
    clearTimeout(this.later);
    clearTimeout(this.timer);
    this.playing = false;
    this.root.remove();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const rooms = (globalThis[Symbol.for("aegen.rooms")] ??= new Map());
  if (!rooms.has(data.map)) rooms.set(data.map, { parts: new Map(), changed: () => {} });
  if (!views.has(parentElement)) views.set(parentElement, new MaskView(parentElement, rooms.get(data.map)));
  const view = views.get(parentElement);
  view.tell = setTriggerValue;
  view.refresh();
  const turn = (view.turn = (view.turn ?? 0) + 1);
  // Streamlit may run a late clean-up after the next call: only the last call's counts.
  return () => {
    if (view.turn !== turn) return;
    view.close();
    views.delete(parentElement);
  };
}
