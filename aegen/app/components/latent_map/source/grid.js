// A grid of buckets over the points: which point is under the pointer, and how many are in sight.

const clamp = (value, most) => Math.min(Math.max(Math.floor(value), 0), most);

export class Grid {
  // xs, ys: normalised coordinates, both within [-1, 1].
  constructor(xs, ys) {
    this.xs = xs;
    this.ys = ys;
    this.side = clamp(Math.sqrt(xs.length / 3), 511) + 1;
    const cells = new Int32Array(xs.length);
    this.starts = new Int32Array(this.side ** 2 + 1);
    for (let i = 0; i < xs.length; i++) {
      cells[i] = this.row(ys[i]) * this.side + this.row(xs[i]);
      this.starts[cells[i] + 1]++;
    }
    for (let c = 0; c < this.side ** 2; c++) this.starts[c + 1] += this.starts[c];
    const next = this.starts.slice();
    this.order = new Int32Array(xs.length);
    for (let i = 0; i < xs.length; i++) this.order[next[cells[i]]++] = i;
  }

  row(value) {
    return clamp(((value + 1) / 2) * this.side, this.side - 1);
  }

  // The nearest point within `radius` of (x, y) that `visible` admits, or -1.
  nearest(x, y, radius, visible) {
    let [best, least] = [-1, radius ** 2];
    const [first, last] = [this.row(x - radius), this.row(x + radius)];
    for (let r = this.row(y - radius); r <= this.row(y + radius); r++) {
      const end = this.starts[r * this.side + last + 1];
      for (let k = this.starts[r * this.side + first]; k < end; k++) {
        const i = this.order[k];
        const square = (this.xs[i] - x) ** 2 + (this.ys[i] - y) ** 2;
        if (square < least && visible(i)) [best, least] = [i, square];
      }
    }
    return best;
  }

  // Calls visit(i) for every point in a rectangle, and some beside it: of whole buckets.
  within(left, bottom, right, top, visit) {
    for (let r = this.row(bottom); r <= this.row(top); r++) {
      const end = this.starts[r * this.side + this.row(right) + 1];
      for (let k = this.starts[r * this.side + this.row(left)]; k < end; k++) visit(this.order[k]);
    }
  }

  // About how many points lie in a rectangle: whole buckets are counted.
  count(left, bottom, right, top) {
    let total = 0;
    for (let r = this.row(bottom); r <= this.row(top); r++) {
      const offset = r * this.side;
      total += this.starts[offset + this.row(right) + 1] - this.starts[offset + this.row(left)];
    }
    return total;
  }
}
