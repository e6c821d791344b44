// Where a layer looks: its inputs laid out as the picture that they come from, in total and for
// one unit. Sums over units and channels, so the shape is (units, channels, height, width).

class Places {
  constructor(label) {
    this.figure = document.createElement("figure");
    this.canvas = document.createElement("canvas");
    this.caption = document.createElement("figcaption");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", label);
    this.scale = document.createElement("div");
    this.scale.className = "aegen-mask-scale";
    this.figure.append(this.canvas, this.caption, this.scale);
  }

  // `units` from `first` up to `last`; `signed` shows keep minus invert, else how many remain.
  show(states, [units, depth, height, width], first, last, signed, colours, text) {
    const plane = height * width;
    const kept = new Uint32Array(plane);
    const inverted = new Uint32Array(plane);
    for (let k = first * depth * plane; k < last * depth * plane; k++) {
      if (states[k] === 1) kept[k % plane]++;
      else if (states[k] === 3) inverted[k % plane]++;
    }
    const [keep, invert, drop] = [colours.keep, colours.invert, colours.drop].map(channels);
    const values = kept.map((value, k) => value + inverted[k]);
    const gaps = Array.from(kept, (value, k) => value - inverted[k]);
    const most = signed
      ? gaps.reduce((a, b) => Math.max(a, Math.abs(b)), 1)
      : values.reduce((a, b) => Math.max(a, b), 1);
    const single = last - first === 1;
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const strong = channels(colours.strong);
    for (let k = 0; k < plane; k++) {
      const t = (signed || single ? Math.abs(gaps[k]) : values[k]) / most;
      const towards = signed || single ? (gaps[k] > 0 ? keep : invert) : strong;
      pixels[k] = packed(between(drop, towards, Math.sqrt(t)));
    }
    Object.assign(this.canvas, { width, height });
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    this.caption.textContent = text;
    this.legend(signed || single, most, colours);
    this.figure.hidden = false;
  }

  // What the shades stand for: so many weights, or kept ones less inverted ones.
  legend(signed, most, { keep, invert, drop, strong }) {
    const [first, strip, last] = ["span", "i", "span"].map((tag) => document.createElement(tag));
    first.textContent = signed ? `${most} invert` : "0";
    last.textContent = signed ? `${most} keep` : `${most} weights`;
    strip.style.background = `linear-gradient(90deg, ${signed ? `${invert}, ${drop}, ${keep}` : `${drop}, ${strong}`})`;
    this.scale.replaceChildren(first, strip, last);
  }
}
