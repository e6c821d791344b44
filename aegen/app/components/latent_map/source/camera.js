// Where on the screen a data point is, and back. One unit of x is as long as one unit of y.
//
// The plot works in normalised coordinates (data, centred, divided by half the longer side).
// The camera looks at (x, y) there and sees `distance` up and down from it.

// Pixels on the right that the whole picture leaves to the toolbar.
const TOOLS = 44;

export function frame(xs, ys) {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < xs.length; i++) {
    if (xs[i] < left) left = xs[i];
    if (xs[i] > right) right = xs[i];
    if (ys[i] < bottom) bottom = ys[i];
    if (ys[i] > top) top = ys[i];
  }
  if (!xs.length) [left, right, bottom, top] = [-1, 1, -1, 1];
  const scale = Math.max(right - left, top - bottom) / 2 || 1;
  return {
    x: (left + right) / 2,
    y: (bottom + top) / 2,
    scale,
    halfWidth: (right - left) / 2 / scale,
    halfHeight: (top - bottom) / 2 / scale,
  };
}

export class Camera {
  constructor() {
    this.frame = frame([], []);
    this.width = this.height = 1;
    Object.assign(this, { x: 0, y: 0, distance: 1, touched: false });
  }

  // Pixels a normalised unit takes.
  get unit() {
    return this.height / (2 * this.distance);
  }

  // How much closer than the whole picture the camera is.
  get zoom() {
    return this.fitted() / this.distance;
  }

  fitted() {
    const { halfWidth, halfHeight } = this.frame;
    const width = Math.max(this.width - TOOLS, 1);
    return Math.max(halfHeight, (halfWidth * this.height) / width, 0.05) * 1.06;
  }

  look(frame) {
    this.frame = frame;
    this.fit();
  }

  fit() {
    Object.assign(this, { x: 0, y: 0, distance: this.fitted(), touched: false });
    this.x = TOOLS / 2 / this.unit;
  }

  resize(width, height) {
    Object.assign(this, { width, height });
    if (!this.touched) this.fit();
  }

  pan(dx, dy) {
    this.x -= dx / this.unit;
    this.y += dy / this.unit;
    this.touched = true;
  }

  // Closer by `factor`, keeping what is under the pixel (px, py) there.
  approach(factor, px = this.width / 2, py = this.height / 2) {
    const before = this.normalised(px, py);
    this.distance = Math.min(Math.max(this.distance / factor, 1e-4), this.fitted() * 8);
    const after = this.normalised(px, py);
    this.x += before[0] - after[0];
    this.y += before[1] - after[1];
    this.touched = true;
  }

  normalised(px, py) {
    return [
      this.x + (px - this.width / 2) / this.unit,
      this.y - (py - this.height / 2) / this.unit,
    ];
  }

  pixel(x, y) {
    return [
      this.width / 2 + (x - this.x) * this.unit,
      this.height / 2 - (y - this.y) * this.unit,
    ];
  }

  data(px, py) {
    const [x, y] = this.normalised(px, py);
    return [this.frame.x + x * this.frame.scale, this.frame.y + y * this.frame.scale];
  }

  pixelOfData(x, y) {
    return this.pixel((x - this.frame.x) / this.frame.scale, (y - this.frame.y) / this.frame.scale);
  }

  // The data rectangle in sight: left, bottom, right, top.
  sight() {
    const [left, top] = this.data(0, 0);
    const [right, bottom] = this.data(this.width, this.height);
    return [left, bottom, right, top];
  }
}
