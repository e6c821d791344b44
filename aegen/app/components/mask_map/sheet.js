// Where each weight of a layer lies on the sheet that the map shows, and which weight lies at a
// place: tiles of height x width cells, in blocks, in rows. aegen/app/components/mask_map/sheet.py
// says what the numbers are; both must give the same places.

class Sheet {
  constructor(spec) {
    Object.assign(this, spec);
    const [blocks, tiles, height, width] = spec.counts;
    this.stepX = width + this.gap;
    this.stepY = height + this.gap;
    this.tilesDown = Math.ceil(tiles / this.tilesAcross);
    this.blockX = this.tilesAcross * this.stepX - this.gap + this.blockGap;
    this.blockY = this.tilesDown * this.stepY - this.gap + this.blockGap;
    this.width = Math.min(blocks, this.blocksAcross) * this.blockX - this.blockGap;
    this.height = Math.ceil(blocks / this.blocksAcross) * this.blockY - this.blockGap;
    this.orders = blocks > 1 ? "blocks" : "rows";
    this.places = spec.order && spec.order.reduce((places, k, place) => ((places[k] = place), places), []);
  }

  // Which block, or row, is at a place, and the place of one; all of them are as they come where
  // there is no order.
  ordered(what, place) {
    return this.order && this.orders === what ? this.order[place] : place;
  }

  // Which tile is at a place of the block at place b.
  tile(b, t) {
    return this.tileOrder ? this.tileOrder[b][t] : t;
  }

  // Undefined for a block that is not shown.
  placeOf(k) {
    return this.places ? this.places[k] : k;
  }

  // Calls visit(x, y, first weight's index, step) for every line of cells of every tile.
  lines(visit) {
    const [blocks, tiles, height] = this.counts;
    const [ofBlock, ofTile, ofRow, ofColumn] = this.strides;
    for (let b = 0; b < blocks; b++) {
      const left = (b % this.blocksAcross) * this.blockX;
      const top = Math.floor(b / this.blocksAcross) * this.blockY;
      for (let t = 0; t < tiles; t++) {
        const x = left + (t % this.tilesAcross) * this.stepX;
        const y = top + Math.floor(t / this.tilesAcross) * this.stepY;
        const start = this.offset + this.ordered("blocks", b) * ofBlock + this.tile(b, t) * ofTile;
        for (let row = 0; row < height; row++) {
          visit(x, y + row, start + this.ordered("rows", row) * ofRow, ofColumn);
        }
      }
    }
  }

  // The index of the weight at a cell, or -1 in a gap.
  at(x, y) {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return -1;
    const [blocks, tiles, height, width] = this.counts;
    const across = Math.floor(x / this.blockX);
    const down = Math.floor(y / this.blockY);
    const inX = x - across * this.blockX;
    const inY = y - down * this.blockY;
    const tileX = Math.floor(inX / this.stepX);
    const tileY = Math.floor(inY / this.stepY);
    const column = inX - tileX * this.stepX;
    const row = inY - tileY * this.stepY;
    const b = down * this.blocksAcross + across;
    const t = tileY * this.tilesAcross + tileX;
    if (column >= width || row >= height || tileX >= this.tilesAcross) return -1;
    if (b >= blocks || t >= tiles) return -1;
    const [ofBlock, ofTile, ofRow, ofColumn] = this.strides;
    const [block, line] = [this.ordered("blocks", b), this.ordered("rows", row)];
    return this.offset + block * ofBlock + this.tile(b, t) * ofTile + line * ofRow + column * ofColumn;
  }
}
