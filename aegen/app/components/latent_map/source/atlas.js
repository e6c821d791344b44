// The pictures of the rows: one image of tiles, row by row. It stays packed until a picture is
// wanted, since unpacked it takes four bytes a pixel: 60 MB for 20,000 digits.

export class Atlas {
  // rows: which row each tile shows, or null where tile i shows row i.
  constructor(bytes, { columns, width, height, count }, rows) {
    Object.assign(this, { columns, width, height, count, image: null });
    this.packed = new Blob([bytes]);
    this.tiles = rows && new Map([...rows].map((row, tile) => [row, tile]));
  }

  // Calls back once there is an image to cut from, unless the atlas is closed by then.
  async unpack(then) {
    this.unpacking ??= createImageBitmap(this.packed);
    const image = await this.unpacking;
    if (this.closed) return image.close();
    this.image = image;
    then();
  }

  // Where a row's picture lies, or null where it has none.
  cut(row) {
    const { columns, width, height } = this;
    const tile = this.tiles ? this.tiles.get(row) : row < this.count ? row : undefined;
    if (tile === undefined) return null;
    return { atlas: this, x: (tile % columns) * width, y: Math.floor(tile / columns) * height, width, height };
  }

  // Closing twice, or while it is unpacked, is fine.
  close() {
    this.closed = true;
    this.image?.close();
  }
}
