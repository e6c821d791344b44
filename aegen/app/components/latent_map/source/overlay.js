// What lies over the points on a second canvas: selection, rings, pin and hovered point.
//
// A plain 2-D canvas, so that moving the pointer never draws a million points again.

export const RING = 4.5; // radius of a draw's ring, in pixels

export class Overlay {
  constructor(canvas, camera) {
    this.canvas = canvas;
    this.camera = camera;
    this.context = canvas.getContext("2d");
    this.colours = {};
    // All in data coordinates but `stroke`, the line being drawn, which is in pixels.
    Object.assign(this, { polygon: null, rings: null, pinned: null, hovered: null, stroke: null });
    this.path = null; // the line of a walk, in data coordinates
    this.names = []; // [{ text, at: [x, y] }, ...], the most important first
    this.thumbnails = []; // [{ image cut, place, colour }, ...], in pixels
    this.drawn = null; // the number of the chosen ring
    this.contours = null; // [{ share, lines: [[x, y, x, y, ...], ...] }, ...], widest first
  }

  resize(width, height) {
    const ratio = window.devicePixelRatio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.sprite = null;
  }

  setColours(colours) {
    this.colours = colours;
    this.sprite = null;
  }

  draw() {
    const { context, camera } = this;
    context.clearRect(0, 0, camera.width, camera.height);
    if (this.polygon && !this.stroke) {
      this.spotlight(this.polygon.map(([x, y]) => camera.pixelOfData(x, y)));
    }
    this.drawThumbnails();
    if (this.contours) this.drawContours();
    if (this.rings) this.drawRings();
    this.drawNames();
    if (this.stroke) this.outline(this.stroke, 0.12);
    if (this.path) this.drawPath();
    if (this.hovered) this.mark(...camera.pixelOfData(...this.hovered), 6, false);
    if (this.pinned) this.mark(...camera.pixelOfData(...this.pinned), 8, true);
  }

  drawThumbnails() {
    const { context } = this;
    for (const { cut, x, y, w, h, colour } of this.thumbnails) {
      const [left, top] = [x - w / 2, y - h / 2];
      context.fillStyle = this.colours.background;
      context.fillRect(left - 3, top - 3, w + 6, h + 6);
      context.drawImage(cut.atlas.image, cut.x, cut.y, cut.width, cut.height, left, top, w, h);
      context.lineWidth = 2;
      context.strokeStyle = colour;
      context.strokeRect(left - 1, top - 1, w + 2, h + 2);
    }
  }

  // Where two names would lie over each other the first one stays.
  drawNames() {
    const { context, camera, colours } = this;
    const taken = [];
    context.font = `600 13px ${colours.font}`;
    Object.assign(context, { textAlign: "center", textBaseline: "middle", lineJoin: "round" });
    for (const { text, at } of this.names) {
      const [x, y] = camera.pixelOfData(...at);
      const half = context.measureText(text).width / 2 + 4;
      if (x + half < 0 || x - half > camera.width || y < -9 || y > camera.height + 9) continue;
      if (taken.some((box) => Math.abs(box.x - x) < box.half + half && Math.abs(box.y - y) < 18)) continue;
      taken.push({ x, y, half });
      context.lineWidth = 4;
      context.strokeStyle = colours.background;
      context.strokeText(text, x, y);
      context.fillStyle = colours.text;
      context.fillText(text, x, y);
    }
    this.named = taken.length;
  }

  drawPath() {
    const { context, camera } = this;
    const pixels = this.path.map(([x, y]) => camera.pixelOfData(x, y));
    context.beginPath();
    pixels.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.lineJoin = context.lineCap = "round";
    for (const [width, colour] of [[5, this.colours.background], [2.25, this.colours.primary]]) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
    }
    this.mark(...pixels.at(-1), 4, true);
  }

  trace(pixels) {
    this.context.beginPath();
    pixels.forEach(([x, y], i) => (i ? this.context.lineTo(x, y) : this.context.moveTo(x, y)));
    this.context.closePath();
  }

  // Fades everything outside a polygon, by the even-odd rule that the server uses too.
  spotlight(pixels) {
    const { context, camera } = this;
    this.trace(pixels);
    context.rect(0, 0, camera.width, camera.height);
    context.globalAlpha = 0.72;
    context.fillStyle = this.colours.background;
    context.fill("evenodd");
    context.globalAlpha = 1;
    this.outline(pixels, 0);
  }

  outline(pixels, fill) {
    const { context } = this;
    this.trace(pixels);
    context.lineJoin = "round";
    if (fill) {
      context.globalAlpha = fill;
      context.fillStyle = this.colours.primary;
      context.fill("evenodd");
      context.globalAlpha = 1;
    }
    context.lineWidth = 1.75;
    context.strokeStyle = this.colours.primary;
    context.stroke();
  }

  // Lines that hold shares of a whole, the narrower the stronger; a rim parts them from points.
  drawContours() {
    const { context, camera, colours } = this;
    context.lineJoin = "round";
    for (const { share, lines } of this.contours) {
      context.beginPath();
      for (const line of lines) {
        for (let i = 0; i < line.length; i += 2) {
          const [x, y] = camera.pixelOfData(line[i], line[i + 1]);
          if (i) context.lineTo(x, y);
          else context.moveTo(x, y);
        }
      }
      const width = 1.1 + 1.1 * (1 - share);
      for (const [wide, colour, alpha] of [
        [width + 2.2, colours.background, 0.55],
        [width, colours.text, 0.95 - 0.35 * share],
      ]) {
        context.globalAlpha = alpha;
        context.lineWidth = wide;
        context.strokeStyle = colour;
        context.stroke();
      }
    }
    context.globalAlpha = 1;
  }

  // A hollow circle a draw: what lies in it stays in sight, so that excursions show.
  drawRings() {
    const { context, camera } = this;
    this.sprite ??= this.makeSprite();
    const reach = RING + 3;
    for (let i = 0; i < this.rings.x.length; i++) {
      const [x, y] = camera.pixelOfData(this.rings.x[i], this.rings.y[i]);
      if (x < -reach || y < -reach || x > camera.width + reach || y > camera.height + reach) continue;
      context.drawImage(this.sprite, x - reach, y - reach, 2 * reach, 2 * reach);
      if (i === this.drawn) this.mark(x, y, RING + 3, true);
    }
  }

  makeSprite() {
    const ratio = window.devicePixelRatio;
    const reach = RING + 3;
    const sprite = document.createElement("canvas");
    sprite.width = sprite.height = Math.ceil(2 * reach * ratio);
    const context = sprite.getContext("2d");
    context.scale(sprite.width / (2 * reach), sprite.width / (2 * reach));
    for (const [width, colour] of [[3.6, this.colours.background], [1.6, this.colours.text]]) {
      context.beginPath();
      context.arc(reach, reach, RING, 0, 2 * Math.PI);
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
    }
    return sprite;
  }

  mark(x, y, radius, filled) {
    const { context, colours } = this;
    for (const [width, colour] of [[5, colours.background], [2.25, filled ? colours.primary : colours.text]]) {
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
    }
    if (!filled) return;
    context.beginPath();
    context.arc(x, y, 2.5, 0, 2 * Math.PI);
    context.fillStyle = colours.primary;
    context.fill();
  }
}
