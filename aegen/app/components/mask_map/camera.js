// Which part of a sheet a canvas shows: a scale and a place, in the canvas's own pixels.

class Camera {
  constructor() {
    Object.assign(this, { x: 0, y: 0, scale: 1, wide: 1, high: 1, width: 1, height: 1 });
  }

  // The canvas is wide x high pixels, the sheet width x height cells.
  sized(wide, high) {
    const look = this.look();
    Object.assign(this, { wide, high });
    this.go(look);
  }

  over(sheet) {
    Object.assign(this, { width: sheet.width, height: sheet.height });
  }

  whole() {
    return Math.min(this.wide / this.width, this.high / this.height);
  }

  // Everything, or where that would be a thread, as much as fills a good part of the canvas.
  fit() {
    const thin = Math.min(this.width, this.height) * this.whole();
    const least = 0.4 * Math.min(this.wide, this.high);
    this.scale = this.whole() * (thin < least ? least / thin : 0.98);
    if (this.scale > 1) this.scale = Math.floor(this.scale); // all cells equally large
    this.x = Math.max(0, (this.wide - this.width * this.scale) / 2);
    this.y = Math.max(0, (this.high - this.height * this.scale) / 2);
  }

  // Where it looks, in numbers that hold for a canvas of any size: the middle as shares of the
  // sheet, and how much larger than the whole.
  look() {
    return [
      (this.wide / 2 - this.x) / this.scale / this.width,
      (this.high / 2 - this.y) / this.scale / this.height,
      this.scale / this.whole(),
    ];
  }

  go([across, down, zoom]) {
    this.scale = zoom * this.whole();
    this.x = this.wide / 2 - across * this.width * this.scale;
    this.y = this.high / 2 - down * this.height * this.scale;
    this.settle();
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.settle();
  }

  zoom(factor, x, y) {
    const most = Math.max(64, 4 * this.whole());
    const scale = Math.min(Math.max(this.scale * factor, 0.9 * this.whole()), most);
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.settle();
  }

  // The sheet never leaves the canvas: one that is larger covers it, a smaller one stays inside.
  settle() {
    for (const [place, size, room] of [["x", this.width, this.wide], ["y", this.height, this.high]]) {
      const free = room - size * this.scale;
      this[place] = Math.min(Math.max(this[place], Math.min(0, free)), Math.max(0, free));
    }
  }

  cell(x, y) {
    return [Math.floor((x - this.x) / this.scale), Math.floor((y - this.y) / this.scale)];
  }
}
