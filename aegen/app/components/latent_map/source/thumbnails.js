// Pictures of rows where the map is near enough for them: one for each cell of a grid that is
// fixed to the points, so that they stay where they are while the map is moved.

const SIDE = 44; // of a picture, in pixels
const CELL = 52; // between two of them, at least
const MOST = 9000; // rows in sight; with more the map is too far away
const NEAR = 2; // times as near as the whole

const mixed = (row) => Math.imul(row + 1, 2654435761) >>> 0;

export class Thumbnails {
  constructor(camera) {
    this.camera = camera;
    this.list = [];
  }

  // grid: of the points; tile(row): its picture or null; visible(row); mark: what else they hang on.
  lay(grid, tile, visible, mark) {
    const { camera } = this;
    const key = [camera.x, camera.y, camera.distance, camera.width, camera.height, mark].join();
    if (key === this.key) return this.list;
    this.key = key;
    this.list = [];
    if (camera.zoom < NEAR) return this.list;
    const side = CELL / 2 ** Math.floor(Math.log2(camera.unit));
    const [left, top] = camera.normalised(-SIDE, -SIDE);
    const [right, bottom] = camera.normalised(camera.width + SIDE, camera.height + SIDE);
    if (grid.count(left, bottom, right, top) > MOST) return this.list;
    const cells = new Map();
    grid.within(left, bottom, right, top, (row) => {
      if (!visible(row) || !tile(row)) return;
      const cell = `${Math.floor(grid.xs[row] / side)},${Math.floor(grid.ys[row] / side)}`;
      const held = cells.get(cell);
      if (held === undefined || mixed(row) < mixed(held)) cells.set(cell, row);
    });
    for (const row of cells.values()) {
      const cut = tile(row);
      const times = SIDE / Math.max(cut.width, cut.height);
      const [x, y] = camera.pixel(grid.xs[row], grid.ys[row]);
      const [w, h] = [cut.width * times, cut.height * times];
      if (this.list.some((other) => Math.abs(other.x - x) < SIDE && Math.abs(other.y - y) < SIDE)) continue;
      this.list.push({ row, cut, x, y, w, h });
    }
    return this.list;
  }

  // The row whose picture lies under a pixel, or -1.
  at([px, py]) {
    const found = this.list.find(({ x, y, w, h }) => Math.abs(px - x) <= w / 2 && Math.abs(py - y) <= h / 2);
    return found ? found.row : -1;
  }
}
