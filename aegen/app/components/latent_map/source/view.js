// The map: puts the parts that Python sent (see store.js) on the screen, and tells Python what the
// person selected. Python has the last word on which rows a polygon holds.
//
// For tests and benchmarks the root element `.aegen-map` carries, once true:
//   data-drawn="N"        N points have been drawn and painted (removed while new ones load)
//   data-polygon="K"      a polygon of K vertices is selected
//   data-pinned="I"       point I is pinned
//   data-chosen="N"       N rows are stressed
//   data-contours="K"     contours of K levels lie over the points
//   data-draw="K"         draw K is chosen
//   data-thumbnails="N"   pictures of N rows lie over the points
//   data-names="K"        K names are written over them
//   data-view="l,b,r,t"   the data rectangle in sight
//   data-channel="open"   the live channel, on which look and path tools depend

import { Atlas } from "./atlas.js";
import { Camera, frame } from "./camera.js";
import { listen } from "./gestures.js";
import { Grid } from "./grid.js";
import { Overlay, RING } from "./overlay.js";
import { Look, Strip, alongPath } from "./live.js";
import { Card, Legend, Toolbar, element } from "./panel.js";
import { Plot, supported } from "./plot.js";
import { figure, position, positions, reading } from "./scale.js";
import { Thumbnails } from "./thumbnails.js";

// With more points than this a moving camera slides the picture and draws it when it rests.
const HEAVY = 150_000;

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
const column = (table, k) => table.getChildAt(k).toArray();
const frames = (count) =>
  new Promise((done) => {
    const wait = (left) => (left ? requestAnimationFrame(() => wait(left - 1)) : done());
    wait(count);
  });
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

class View {
  constructor(parent, map) {
    const rooms = (globalThis[Symbol.for("aegen.rooms")] ??= new Map());
    if (!rooms.has(map)) rooms.set(map, { parts: new Map(), changed: () => {} });
    this.room = rooms.get(map);
    Object.assign(this, { turn: 0, shown: {}, hidden: new Set(), stressed: null, tool: "pan" });
    Object.assign(this, { polygon: null, pinned: null, spec: null, grid: null, atlas: null });
    Object.assign(this, { draws: null, ring: null, labelled: true });
    this.camera = new Camera();
    this.thumbnails = new Thumbnails(this.camera);
    this.build(parent);
    this.overlay = new Overlay(this.over, this.camera);
    this.look = new Look(this.card, () => this.live(), (state) => this.channelled(state));
    this.unlisten = listen(this.over, this);
    this.start();
    this.room.changed = () => this.update();
  }

  build(parent) {
    this.root = element("div", "aegen-map");
    this.legend = new Legend({
      onToggle: (code, alone) => this.toggle(code, alone),
      onPoint: (code) => this.stress(code),
      onScale: (way) => this.tell("scale", way),
    });
    this.stage = element("div", "aegen-map-stage");
    this.under = element("canvas", "aegen-map-points", { "aria-hidden": "true" });
    this.over = element("canvas", "aegen-map-over", { tabindex: "0", role: "application" });
    this.caption = element("div", "aegen-map-caption", { role: "status" });
    this.hint = element("div", "aegen-map-hint", { "aria-hidden": "true" });
    this.hint.textContent = "Shift-drag to select · scroll to zoom · click to pin";
    this.card = new Card();
    this.strip = new Strip(() => this.unwalk());
    this.toolbar = new Toolbar({
      pan: () => this.choose("pan"),
      lasso: () => this.choose("lasso"),
      box: () => this.choose("box"),
      look: () => this.choose("look"),
      path: () => this.choose("path"),
      closer: () => this.glide(() => this.camera.approach(1.6)),
      further: () => this.glide(() => this.camera.approach(1 / 1.6)),
      fit: () => this.fit(),
      labels: () => this.choose("labels"),
      clear: () => this.escaped(),
    });
    this.stage.append(
      this.under, this.over, this.caption, this.hint, this.toolbar.root, this.card.root,
      this.strip.root,
    );
    this.blocked = element("div", "aegen-map-blocked", { role: "status" });
    this.root.append(this.legend.root, this.stage, this.blocked);
    parent.append(this.root);
    this.choose("pan");
  }

  // The part of the plot that a lost WebGL context takes with it.
  start() {
    const plot = new Plot(this.under, {
      onFrame: () => this.framed(),
      onLost: () => setTimeout(() => plot.gone || this.restart(), 500),
    });
    this.plot = plot;
    this.watch = new ResizeObserver(([entry]) => this.resize(entry.contentRect));
    this.watch.observe(this.stage);
  }

  restart() {
    this.stop();
    const fresh = this.under.cloneNode();
    this.under.replaceWith(fresh);
    this.under = fresh;
    this.shown.points = this.shown.coloured = this.shown.layers = this.sent = this.painted = null;
    this.start();
    this.update();
  }

  stop() {
    this.watch.disconnect();
    this.plot.destroy();
  }

  destroy() {
    this.gone = true;
    this.look.destroy();
    this.room.changed = () => {};
    this.unlisten();
    this.stop();
    this.atlas?.close();
    this.root.remove();
  }

  // Parts ----------------------------------------------------------------------------------

  part(name) {
    const part = this.room.parts.get(name);
    return part && part.id === this.spec.parts[name] ? part : null;
  }

  // One at a time, and once more if something arrived meanwhile. What a plot was about to draw goes
  // with it: with the map itself, or with a lost context.
  async update() {
    this.again = true;
    const { plot } = this;
    if (this.busy === plot) return;
    this.busy = plot;
    try {
      while (this.again && !plot.gone) {
        this.again = false;
        await this.apply();
      }
    } finally {
      if (this.busy === plot) this.busy = null;
    }
  }

  async apply() {
    this.spec = this.room.parts.get("spec")?.spec;
    if (!this.spec) return;
    const { spec, shown, plot } = this;
    // On a phone a map as high as it is wide leaves room to scroll past it.
    this.stage.style.height = `min(${spec.height}px, 80vh, 115cqw)`;
    const points = this.part("points");
    const labels = this.part("labels");
    // What is not here yet will call again when it comes.
    if (!points || (spec.parts.labels && !labels)) return;
    this.applySelection(shown.points && shown.points !== points.id);
    const legend = [spec.kind, spec.title, spec.categories, spec.palette, spec.scale];
    const pictures = this.part("pictures");
    const recoloured = !same(shown.legend, legend);
    if (recoloured) this.hidden.clear();
    if (recoloured || shown.pictures !== pictures?.id) {
      Object.assign(shown, { legend, pictures: pictures?.id });
      this.legend.show(spec, this.hidden, pictures && [...pictures.table.getChildAt(0)]);
    }
    const coloured = JSON.stringify([spec.parts.labels, spec.scale?.stops]);
    if (shown.points !== points.id || shown.coloured !== coloured) {
      shown.coloured = coloured;
      await this.applyPoints(points, labels);
      if (plot.gone) return;
    }
    this.applyChosen();
    this.applyLayers();
    if (shown.draw !== spec.draw) shown.draw = this.ring = spec.draw;
    this.applyPath();
    this.applyAtlas();
    this.showLook();
    this.paint();
  }

  async applyPoints(points, labels) {
    const { spec, shown, camera, plot } = this;
    delete this.root.dataset.drawn;
    if (shown.points !== points.id) {
      this.xs = column(points.table, 0);
      this.ys = column(points.table, 1);
      const { x, y, scale } = frame(this.xs, this.ys);
      this.unitX = this.xs.map((value) => (value - x) / scale);
      this.unitY = this.ys.map((value) => (value - y) / scale);
      this.grid = new Grid(this.unitX, this.unitY);
      camera.look(frame(this.xs, this.ys));
      this.caption.textContent = `${figure(this.xs.length)} points`;
      this.over.setAttribute(
        "aria-label",
        `Map of ${figure(this.xs.length)} points. Arrow keys move, plus and minus zoom, ` +
          "0 shows everything, Enter selects what is in sight, Escape clears.",
      );
    }
    shown.points = points.id;
    this.labels = labels ? column(labels.table, 0) : null;
    const values = spec.kind === "value" ? positions(this.labels, spec.scale.stops) : this.labels;
    // A camera or look that is set after the points draws them all again, so the first ones wait
    // for the map's size, and for what is set by it; later, looks must not run ahead of the points
    // that they are for.
    if (!this.painted) {
      await frames(2);
      if (plot.gone) return;
      this.settle();
      await frames(2);
      if (plot.gone) return;
    }
    const drawn = plot.setPoints(this.unitX, this.unitY, values, spec.kind === "value");
    this.settle();
    await drawn;
    this.shown.chosen = false; // new points are stressed anew
    await frames(2);
    if (plot.gone) return;
    this.root.dataset.drawn = this.xs.length;
    this.showSight();
  }

  // What lies over the points: a model's draws as rings, and its contours.
  applyLayers() {
    const [draws, contours] = [this.part("draws"), this.part("contours")];
    const layers = [draws?.id, contours?.id];
    if (same(this.shown.layers, layers)) return;
    this.shown.layers = layers;
    this.overlay.rings = draws ? { x: column(draws.table, 0), y: column(draws.table, 1) } : null;
    this.draws = draws ? new Grid(...this.units(this.overlay.rings)) : null;
    this.overlay.contours = contours ? outlines(contours.table) : null;
    this.mark("contours", this.overlay.contours?.length);
    const rings = draws ? ` · ${figure(draws.table.numRows)} draws` : "";
    this.caption.textContent = `${figure(this.xs.length)} points${rings}`;
  }

  units({ x, y }) {
    const { frame } = this.camera;
    return [x.map((value) => (value - frame.x) / frame.scale), y.map((value) => (value - frame.y) / frame.scale)];
  }

  applyChosen() {
    const chosen = this.part("chosen");
    if (this.shown.chosen === chosen?.id) return;
    this.shown.chosen = chosen?.id;
    const rows = chosen ? column(chosen.table, 0) : null;
    this.plot.setChosen(rows);
    this.mark("chosen", rows?.length);
  }

  applyAtlas() {
    const [part, tiles] = [this.part("atlas"), this.part("tiles")];
    // What is not here yet will call again when it comes.
    if (this.shown.atlas === part?.id || (part && this.spec.atlas.rows && !tiles)) return;
    this.shown.atlas = part?.id;
    this.atlas?.close();
    const rows = tiles && column(tiles.table, 0);
    this.atlas = part ? new Atlas(part.table.getChildAt(0).get(0), this.spec.atlas, rows) : null;
  }

  // Python's selection counts where it is newer than the person's, or this view is.
  applySelection(otherPoints) {
    const { spec } = this;
    if (spec.token !== this.token) {
      this.token = spec.token;
      this.polygon = spec.polygon;
      this.pinned = spec.pinned;
    } else if (otherPoints) {
      this.polygon = null;
      if (this.pinned >= spec.n) this.pinned = null;
    }
  }

  // Live -----------------------------------------------------------------------------------

  // What the channel is asked about: which plane of which bundle; null where there is none.
  live() {
    return this.spec?.live && { ...this.spec.live, row: this.pinned };
  }

  channelled(state) {
    this.mark("channel", this.spec?.live ? state : null);
    this.blocked.textContent =
      this.spec?.live && state === "off"
        ? "The live channel is blocked here (it needs a WebSocket): no pictures at the pointer."
        : "";
    this.toolbar.offer(Boolean(this.spec?.live) && state !== "off");
    if (state === "off" && ["look", "path"].includes(this.tool)) this.choose("pan");
  }

  // Python's path counts where it is another than before; a walk by hand comes back through it.
  applyPath() {
    const path = this.spec.live?.path ?? null;
    this.channelled(this.look.open(this.spec.live));
    const walks = this.pinned !== null && this.spec.live && this.look.state !== "off";
    this.hint.textContent = walks
      ? "Shift-drag from the pinned row to walk, elsewhere to select"
      : "Shift-drag to select · scroll to zoom · click to pin";
    const now = JSON.stringify([this.spec.live, this.pinned]);
    if (this.shown.path === now) return;
    this.shown.path = now;
    this.overlay.path = path;
    if (path) this.strip.ask(this.live(), path);
    else this.strip.hide();
  }

  atPin(at) {
    const row = this.pinned;
    if (row === null || !this.spec?.live || this.look.state === "off") return false;
    const [x, y] = this.camera.pixelOfData(this.xs[row], this.ys[row]);
    return Math.hypot(at[0] - x, at[1] - y) < 16;
  }

  looked(at) {
    const place = this.camera.data(...at);
    this.overlay.hovered = place;
    this.soon();
    this.look.ask(place, at, [this.camera.width, this.camera.height], (row) => this.lines(row));
  }

  walking(pixels) {
    this.card.hide();
    this.overlay.hovered = null;
    this.overlay.path = pixels.map(([x, y]) => this.camera.data(x, y));
    this.soon();
    this.strip.ask(this.live(), this.overlay.path);
  }

  walked(pixels) {
    if (pixels.length < 2) return this.unwalk();
    const path = pixels.map(([x, y]) => this.camera.data(x, y));
    this.overlay.path = alongPath(path, 24).map((at) => at.map((v) => +v.toPrecision(6)));
    this.tell("path", { points: this.overlay.path, projection: this.spec.live.projection });
  }

  unwalk() {
    this.overlay.path = null;
    this.strip.hide();
    this.soon();
    this.tell("path", { points: null, projection: this.spec.live?.projection });
  }

  // Looks ----------------------------------------------------------------------------------

  refresh() {
    const style = getComputedStyle(this.root);
    const read = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
    this.overlay.setColours({
      background: read("--st-background-color", "#ffffff"),
      text: read("--st-text-color", "#222222"),
      primary: read("--st-primary-color", "#2a84a5"),
      font: style.fontFamily,
    });
    this.paint();
    this.update();
  }

  // Small and faint where points are many, large and clear where they are few or near.
  showLook() {
    const { spec, camera, grid } = this;
    if (!grid) return;
    const base = clamp(2.9 * (70_000 / Math.max(this.xs.length, 1)) ** 0.25, 1.6, 7.5);
    const size = base * (1 + 0.5 * Math.max(0, Math.log2(camera.zoom)));
    const [left, top] = camera.normalised(0, 0);
    const [right, bottom] = camera.normalised(camera.width, camera.height);
    const sight = grid.count(left, bottom, right, top);
    const cover = (sight * Math.PI * size ** 2) / 4 / (camera.width * camera.height);
    const alpha = Math.round(clamp(0.45 / Math.sqrt(cover), 0.16, 0.92) * 40) / 40;
    const shade = (code) =>
      this.hidden.has(code) ? 0 : this.stressed === null || this.stressed === code ? alpha : alpha * 0.1;
    const category = spec.kind === "category";
    this.size = Math.round(size * 10) / 10;
    this.plot.setLook({
      colours: spec.kind === "value" ? stops(spec.palette, 64) : category ? spec.palette : [spec.palette[0]],
      opacities: category ? spec.palette.map((_, code) => shade(code)) : [alpha],
      size: this.size,
      by: spec.kind,
    });
    const row = (i) => (i === null || !(i < this.xs.length) ? null : [this.xs[i], this.ys[i]]);
    this.overlay.polygon = this.polygon;
    this.overlay.pinned = row(this.pinned);
    this.overlay.drawn = this.ring;
    this.showTools();
    this.mark("draw", this.ring);
    this.mark("polygon", this.polygon?.length);
    this.mark("pinned", this.pinned);
  }

  // What lies over the points, and which names and pictures there are.
  paint() {
    const { overlay, spec, hidden } = this;
    const shown = (code) => code === null || !hidden.has(code);
    overlay.names = this.labelled && spec
      ? spec.names.filter(([, code]) => shown(code)).map(([text, , x, y]) => ({ text, at: [x, y] }))
      : [];
    overlay.thumbnails = [];
    if (this.labelled && this.grid && this.atlas) {
      const mark = [this.shown.points, this.shown.coloured, this.shown.atlas, this.atlas.broken, ...hidden].join();
      overlay.thumbnails = this.thumbnails
        .lay(this.grid, (row) => this.atlas.cut(row), (row) => this.visible(row), mark)
        .map((each) => ({ ...each, colour: this.colour(each.row) }));
    }
    if (overlay.thumbnails.length && !this.atlas.image) {
      overlay.thumbnails = [];
      this.atlas.unpack(() => this.soon());
    }
    overlay.draw();
    this.mark("names", overlay.named || null);
    this.mark("thumbnails", overlay.thumbnails.length || null);
  }

  showTools() {
    const selected = Boolean(this.polygon) || this.pinned !== null || this.ring !== null;
    this.toolbar.show({ tool: this.tool, selected, labels: this.labelled });
  }

  colour(row) {
    const { kind, palette, scale } = this.spec;
    if (kind === "category") return palette[this.labels[row]];
    const at = kind === "value" ? position(this.labels[row], scale.stops) : 0;
    return palette[Math.round(at * (palette.length - 1))];
  }

  mark(name, value) {
    if (value === null || value === undefined) delete this.root.dataset[name];
    else this.root.dataset[name] = value;
  }

  resize({ width, height }) {
    if (!width || !height) return;
    this.camera.resize(width, height);
    this.overlay.resize(width, height);
    this.plot.resize(width, height);
    this.moved();
  }

  toggle(code, alone) {
    const codes = this.spec.categories.map((_, k) => k);
    if (alone) {
      const only = codes.every((k) => this.hidden.has(k) === (k !== code));
      this.hidden = new Set(only ? [] : codes.filter((k) => k !== code));
    } else if (!this.hidden.delete(code)) this.hidden.add(code);
    this.stressed = null;
    this.legend.press(this.hidden);
    this.showLook();
  }

  stress(code) {
    this.stressed = this.hidden.has(code) ? null : code;
    this.showLook();
  }

  // What gestures.js and the tools call --------------------------------------------------------

  // held: a pointer is down, and will say when the camera rests.
  moved(held = false) {
    this.card.hide();
    this.overlay.hovered = null;
    clearTimeout(this.rest);
    if (this.xs?.length > HEAVY) {
      this.slide();
      this.soon();
      if (!held) this.rest = setTimeout(() => this.settle(), 250);
    } else this.settle();
    this.showSight();
  }

  showSight() {
    this.root.dataset.view = this.camera.sight().map((value) => value.toPrecision(8)).join(",");
  }

  settle() {
    if (this.gone) return;
    const { x, y, distance } = this.camera;
    if (!same(this.sent, { x, y, distance })) {
      this.sent = { x, y, distance };
      this.plot.setCamera(this.sent);
    }
    if (this.spec) this.showLook();
  }

  framed() {
    this.painted = this.sent;
    this.slide();
    this.paint();
  }

  // Moves the picture that is there to where the camera now is, until it has been drawn anew.
  slide() {
    const { camera, painted } = this;
    if (!painted) return;
    const times = painted.distance / camera.distance;
    const [dx, dy] = [(painted.x - camera.x) * camera.unit, (camera.y - painted.y) * camera.unit];
    const still = Math.abs(times - 1) < 1e-9 && Math.hypot(dx, dy) < 1e-3;
    this.under.style.transform = still ? "" : `translate(${dx}px, ${dy}px) scale(${times})`;
  }

  choose(tool) {
    if (tool === "labels") {
      this.labelled = !this.labelled;
      this.showTools();
      return this.paint();
    }
    if (["look", "path"].includes(tool) && this.toolbar.buttons[tool].hidden) return;
    this.tool = tool;
    this.card?.hide();
    this.over.dataset.tool = tool;
    this.showTools();
  }

  // Moves the camera as `change` does, but over a quarter of a second.
  glide(change) {
    const { camera } = this;
    const from = { x: camera.x, y: camera.y, distance: camera.distance };
    change();
    const to = { x: camera.x, y: camera.y, distance: camera.distance };
    const began = performance.now();
    const span = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 260;
    const turn = (this.gliding = {});
    const step = () => {
      if (this.gone || this.gliding !== turn) return;
      const t = span ? clamp((performance.now() - began) / span, 0, 1) : 1;
      const eased = 1 - (1 - t) ** 3;
      for (const name of Object.keys(to)) camera[name] = from[name] + (to[name] - from[name]) * eased;
      this.moved();
      if (t < 1) requestAnimationFrame(step);
    };
    step();
  }

  fit() {
    this.glide(() => this.camera.fit());
  }

  drawing(pixels) {
    this.card.hide();
    this.overlay.hovered = null;
    this.overlay.stroke = pixels;
    this.soon();
  }

  // At most one drawing of the overlay a frame, however fast the pointer moves.
  soon() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      this.paint();
    });
  }

  drawn(pixels) {
    this.polygon = pixels.map(([x, y]) => this.camera.data(x, y).map((v) => +v.toPrecision(10)));
    this.say();
  }

  clicked(at) {
    if (this.tool === "look") this.looked(at);
    const draw = this.drawAt(at);
    if (draw >= 0) return this.pick(this.ring === draw ? null : draw);
    const point = this.pointAt(at);
    if (point < 0) return;
    this.pinned = this.pinned === point ? null : point;
    this.say();
  }

  pick(draw) {
    this.ring = draw;
    this.showLook();
    this.paint();
    this.tell("draw", { index: draw });
  }

  escaped() {
    if (this.ring !== null) this.pick(null);
    if (!this.polygon && this.pinned === null) return;
    this.polygon = null;
    this.pinned = null;
    this.say();
  }

  say() {
    this.showLook();
    this.paint();
    this.tell("selection", {
      polygon: this.polygon,
      pinned: this.pinned,
      hidden: [...this.hidden].sort((a, b) => a - b),
      points: this.shown.points,
      token: this.token,
    });
  }

  pointAt([px, py]) {
    if (!this.grid) return -1;
    const pictured = this.labelled ? this.thumbnails.at([px, py]) : -1;
    if (pictured >= 0 && this.overlay.thumbnails.length) return pictured;
    const reach = Math.max(9, this.size + 3) / this.camera.unit;
    return this.grid.nearest(...this.camera.normalised(px, py), reach, (i) => this.visible(i));
  }

  visible(row) {
    return this.spec.kind !== "category" || !this.hidden.has(this.labels[row]);
  }

  // The draw whose ring is under a pixel, or -1: it lies over the rows, so it comes first.
  drawAt([px, py]) {
    if (!this.draws) return -1;
    const reach = (RING + 2) / this.camera.unit;
    return this.draws.nearest(...this.camera.normalised(px, py), reach, () => true);
  }

  hovered(at) {
    if (this.tool === "look") return this.looked(at);
    const draw = this.drawAt(at);
    if (draw >= 0) return this.hoveredDraw(draw);
    this.look.leave();
    const point = this.pointAt(at);
    const before = this.overlay.hovered;
    this.overlay.hovered = point < 0 ? null : [this.xs[point], this.ys[point]];
    if (!same(before, this.overlay.hovered)) this.soon();
    if (point < 0) this.card.hide();
    else {
      const { camera } = this;
      const pixel = camera.pixelOfData(this.xs[point], this.ys[point]);
      this.card.show(pixel, [camera.width, camera.height], this.lines(point), this.atlas?.cut(point));
    }
  }

  // A draw is told as new, and shown by its code beside the row that is nearest to it.
  hoveredDraw(draw) {
    const place = [this.overlay.rings.x[draw], this.overlay.rings.y[draw]];
    const hovering = same(this.overlay.hovered, place);
    this.overlay.hovered = place;
    if (hovering) return;
    this.soon();
    const [said, size] = [`new: draw ${draw + 1}`, [this.camera.width, this.camera.height]];
    const pixel = this.camera.pixelOfData(...place);
    this.card.show(pixel, size, [{ text: said }], null);
    const codes = this.part("draw_codes");
    if (!codes || this.look.state === "off") return;
    this.look.askCode([...codes.table.getChildAt(0).get(draw).toArray()], pixel, size, (row) => this.lines(row), said);
  }

  left() {
    this.overlay.hovered = null;
    this.look.leave();
    this.card.hide();
    this.soon();
  }

  lines(point) {
    const { spec } = this;
    const lines = [{ text: `row ${point}` }];
    if (spec.kind === "category") {
      const code = this.labels[point];
      lines.push({
        text: [spec.title, spec.categories[code]].filter(Boolean).join(" "),
        colour: spec.palette[code],
      });
    } else if (spec.kind === "value") {
      const value = reading(this.labels[point], spec.scale.stops);
      lines.push({ text: [spec.title, value].filter(Boolean).join(" "), colour: this.colour(point) });
    }
    const text = this.part("text")?.table.getChildAt(0).get(point);
    if (text) lines.push({ text });
    return lines;
  }
}

// Contours by level, the widest first: [{ share, lines: [[x, y, ...], ...] }, ...].
function outlines(table) {
  const [xs, ys, line, share] = [0, 1, 2, 3].map((k) => column(table, k));
  const levels = new Map();
  for (let i = 0; i < xs.length; i++) {
    if (!levels.has(share[i])) levels.set(share[i], new Map());
    const lines = levels.get(share[i]);
    if (!lines.has(line[i])) lines.set(line[i], []);
    lines.get(line[i]).push(xs[i], ys[i]);
  }
  return [...levels]
    .sort(([a], [b]) => b - a)
    .map(([level, lines]) => ({ share: level, lines: [...lines.values()] }));
}

// `count` colours along a palette, as regl-scatterplot picks the nearest one and blends none.
function stops(palette, count) {
  const rgb = palette.map((hex) => [1, 3, 5].map((k) => Number.parseInt(hex.slice(k, k + 2), 16)));
  return Array.from({ length: count }, (_, i) => {
    const at = (i / (count - 1)) * (rgb.length - 1);
    const low = Math.min(Math.floor(at), rgb.length - 2);
    const mix = rgb[low].map((c, k) => c + (rgb[low + 1][k] - c) * (at - low));
    return `#${mix.map((c) => Math.round(c).toString(16).padStart(2, "0")).join("")}`;
  });
}

const views = new WeakMap();
let able;

export default function ({ data, parentElement, setStateValue }) {
  able ??= supported();
  if (!able) {
    // Python draws a Plotly chart instead from the next run on.
    if (!views.has(parentElement)) setStateValue("webgl", false);
    views.set(parentElement, null);
    return;
  }
  let view = views.get(parentElement);
  if (!view) views.set(parentElement, (view = new View(parentElement, data.map)));
  view.tell = setStateValue;
  view.refresh();
  const turn = ++view.turn;
  // Streamlit may run a late clean-up after the next call: only the last call's counts.
  return () => {
    if (view.turn !== turn) return;
    view.destroy();
    views.delete(parentElement);
  };
}
