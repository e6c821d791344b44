// The pictures of the rows: one image of tiles, row by row. It stays packed until a picture is
// wanted, since unpacked it takes four bytes a pixel: 61 MB for 60,000 digits, each in 16 x 16.

export class Atlas {
  // rows: which row each tile shows, or null where tile i shows row i.
  constructor(bytes, { columns, width, height, count }, rows) {
    Object.assign(this, { bytes, columns, width, height, count, image: null });
    this.tiles = rows && new Map([...rows].map((row, tile) => [row, tile]));
  }

  // Calls back once there is an image to cut from, unless the atlas is closed by then, or broken.
  async unpack(then) {
    if (this.closed) return;
    this.unpacking ??= createImageBitmap(new Blob([this.bytes])).catch(() => null);
    const image = await this.unpacking;
    if (this.closed) return image?.close();
    this.broken = !image;
    this.image = image;
    if (image) then();
  }

  // Where a row's picture lies, or null where it has none.
  cut(row) {
    const { columns, width, height } = this;
    const tile = this.tiles ? this.tiles.get(row) : row < this.count ? row : undefined;
    if (tile === undefined || this.broken) return null;
    return { atlas: this, x: (tile % columns) * width, y: Math.floor(tile / columns) * height, width, height };
  }

  // Closing twice, or while it is unpacked, is fine.
  close() {
    this.closed = true;
    this.image?.close();
    this.image = null;
  }
}
