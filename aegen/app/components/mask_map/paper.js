// A sheet as pictures at falling sizes: the first holds a pixel a weight, each next one half as
// many each way. Where several weights share a pixel it is the stronger coloured the more of them
// remain, relative to the most crowded pixel, so that one weight in two hundred is still seen.

const LARGEST = 4096;

const channels = (colour) => [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));

const packed = ([r, g, b]) => (255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r);

const between = (a, b, t) => a.map((value, k) => value + (b[k] - value) * t);

// 2 bits a weight, four in a byte, the first in the lowest: 0 drop, 1 keep, 3 invert.
function unpack(bytes, count) {
  const states = new Uint8Array(count);
  const whole = count >> 2;
  for (let k = 0, at = 0; k < whole; k++) {
    const byte = bytes[k];
    if (byte) {
      states[at] = byte & 3;
      states[at + 1] = (byte >> 2) & 3;
      states[at + 2] = (byte >> 4) & 3;
      states[at + 3] = byte >> 6;
    }
    at += 4;
  }
  for (let at = whole << 2; at < count; at++) states[at] = (bytes[at >> 2] >> (2 * (at & 3))) & 3;
  return states;
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

class Paper {
  constructor(sheet, states, colours) {
    this.width = sheet.width;
    this.height = sheet.height;
    const [keep, invert, drop] = [colours.keep, colours.invert, colours.drop].map(channels);
    const ground = packed(drop);
    // The same as `between` twice, without an array: it is asked a million times.
    this.shade = (kept, inverted, cells, most) => {
      const some = kept + inverted;
      if (!some) return ground;
      const strength = Math.min(1, 0.18 + 0.82 * Math.sqrt(some / cells / most));
      const k = (strength * kept) / some;
      const i = (strength * inverted) / some;
      const d = 1 - strength;
      const red = k * keep[0] + i * invert[0] + d * drop[0] + 0.5;
      const green = k * keep[1] + i * invert[1] + d * drop[1] + 0.5;
      const blue = k * keep[2] + i * invert[2] + d * drop[2] + 0.5;
      return (255 << 24) | (blue << 16) | (green << 8) | red;
    };
    const plain = [packed(drop), packed(keep), packed(drop), packed(invert)];
    const pixels = new Uint32Array(this.width * this.height);
    let level = this.halved(sheet, states, pixels, plain);
    this.levels = [this.cut(pixels, this.width, this.height)];
    while (level.width > 8 || level.height > 8) {
      this.levels.push(this.painted(level));
      level = this.half(level);
      if (this.levels.length > 14) break;
    }
  }

  // Paints the first picture, and counts for the second.
  halved(sheet, states, pixels, plain) {
    const level = this.counters((this.width + 1) >> 1, (this.height + 1) >> 1);
    const columns = sheet.counts[3];
    sheet.lines((x, y, index, step) => {
      let at = y * this.width + x;
      const row = (y >> 1) * level.width;
      for (let k = 0; k < columns; k++, index += step, at++) {
        const state = states[index];
        const cell = row + ((x + k) >> 1);
        pixels[at] = plain[state];
        level.cells[cell]++;
        if (state === 1) level.kept[cell]++;
        else if (state === 3) level.inverted[cell]++;
      }
    });
    return level;
  }

  counters(width, height) {
    const n = width * height;
    const [cells, kept, inverted] = [0, 0, 0].map(() => new Uint32Array(n));
    return { width, height, cells, kept, inverted };
  }

  half(fine) {
    const coarse = this.counters((fine.width + 1) >> 1, (fine.height + 1) >> 1);
    for (let y = 0, from = 0; y < fine.height; y++) {
      const row = (y >> 1) * coarse.width;
      for (let x = 0; x < fine.width; x++, from++) {
        const cell = row + (x >> 1);
        coarse.cells[cell] += fine.cells[from];
        coarse.kept[cell] += fine.kept[from];
        coarse.inverted[cell] += fine.inverted[from];
      }
    }
    return coarse;
  }

  painted({ width, height, cells, kept, inverted }) {
    let most = 0;
    for (let k = 0; k < cells.length; k++) {
      if (cells[k]) most = Math.max(most, (kept[k] + inverted[k]) / cells[k]);
    }
    const pixels = new Uint32Array(cells.length);
    for (let k = 0; k < cells.length; k++) {
      if (cells[k]) pixels[k] = this.shade(kept[k], inverted[k], cells[k], most || 1);
    }
    return this.cut(pixels, width, height);
  }

  // No browser takes a picture of any width, so a large one is several beside each other.
  cut(pixels, width, height) {
    const parts = [];
    for (let top = 0; top < height; top += LARGEST) {
      for (let left = 0; left < width; left += LARGEST) {
        const [w, h] = [Math.min(LARGEST, width - left), Math.min(LARGEST, height - top)];
        const canvas = document.createElement("canvas");
        Object.assign(canvas, { width: w, height: h });
        const image = new ImageData(w, h);
        const into = new Uint32Array(image.data.buffer);
        for (let y = 0; y < h; y++) {
          const from = (top + y) * width + left;
          into.set(pixels.subarray(from, from + w), y * w);
        }
        canvas.getContext("2d").putImageData(image, 0, 0);
        parts.push({ canvas, left, top, width: w, height: h });
      }
    }
    return parts;
  }

  // Draws the sheet so that cell (0, 0) begins at (x, y), each cell `scale` pixels wide.
  draw(context, x, y, scale) {
    const level = Math.min(
      Math.max(0, Math.ceil(Math.log2(1 / scale))),
      this.levels.length - 1,
    );
    const size = scale * 2 ** level;
    context.imageSmoothingEnabled = level > 0;
    const { width: wide, height: high } = context.canvas;
    for (const part of this.levels[level]) {
      const [left, top] = [x + part.left * size, y + part.top * size];
      // Only what is seen is handed over, a pixel more at each side.
      const fromX = Math.max(0, Math.floor(-left / size) - 1);
      const fromY = Math.max(0, Math.floor(-top / size) - 1);
      const toX = Math.min(part.width, Math.ceil((wide - left) / size) + 1);
      const toY = Math.min(part.height, Math.ceil((high - top) / size) + 1);
      const [w, h] = [toX - fromX, toY - fromY];
      if (w > 0 && h > 0) {
        const [atX, atY] = [left + fromX * size, top + fromY * size];
        context.drawImage(part.canvas, fromX, fromY, w, h, atX, atY, w * size, h * size);
      }
    }
  }
}
