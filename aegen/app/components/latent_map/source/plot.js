// The points themselves: regl-scatterplot draws them, and does nothing else here.
//
// Its own mouse handling would draw every point again at each move of the pointer and keeps a
// second index of them; ours lives in gestures.js, overlay.js and grid.js instead.

import createScatterplot, { createRegl, createRenderer, createSpatialIndex } from "regl-scatterplot";

const NEEDED = [
  "OES_texture_float",
  "OES_element_index_uint",
  "WEBGL_color_buffer_float",
  "EXT_float_blend",
];

export function supported() {
  const gl = document.createElement("canvas").getContext("webgl");
  if (!gl) return false;
  const all = NEEDED.every((name) => gl.getExtension(name));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return all;
}

// Frames that may pass without a drawing before no more are asked for.
const QUIET = 30;

// The library asks for each frame there is, in case something has changed, and so keeps a page at
// rest busy. Here it gets frames while something may change: for a while after each call.
class Frames {
  constructor(regl) {
    this.regl = regl;
    this.held = 0; // calls that are not done
    regl.frame = (callback) => {
      this.callback = callback;
      this.wake();
      return { cancel: () => this.stop() };
    };
  }

  wake() {
    this.left = QUIET;
    this.asked ??= requestAnimationFrame(() => this.turn());
  }

  turn() {
    this.asked = null;
    if (!this.callback) return;
    if (this.held || --this.left > 0) this.asked = requestAnimationFrame(() => this.turn());
    this.regl.poll();
    this.callback();
  }

  async until(done) {
    this.held++;
    this.wake();
    try {
      await done;
    } finally {
      this.held--;
    }
  }

  stop() {
    this.callback = null;
  }
}

// 0 to n - 1 in an order of chance that is the same each time: drawn by rows, the last value of an
// attribute would cover all others. Fisher and Yates, with a xorshift generator.
function shuffled(n) {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  let state = 2463534242;
  for (let i = n - 1; i > 0; i--) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const j = (state >>> 0) % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

export class Plot {
  constructor(canvas, { onFrame, onLost }) {
    this.surface = document.createElement("canvas");
    const regl = createRegl(this.surface);
    this.frames = new Frames(regl);
    this.surface.addEventListener("webglcontextlost", () => {
      this.frames.stop();
      onLost();
    });
    this.renderer = createRenderer({ canvas: this.surface, regl });
    const aside = document.createElement("div"); // keeps the library's own widgets off the page
    this.plot = createScatterplot({
      renderer: this.renderer,
      canvas,
      width: 1,
      height: 1,
      cameraIsFixed: true,
      lassoInitiatorParentElement: aside,
      lassoLongPressIndicatorParentElement: aside,
      pointScaleMode: "constant",
      deselectOnEscape: false,
      deselectOnDblClick: false,
      antiAliasing: 0.75,
      pointSizeSelected: 0,
      pointOutlineWidth: 0,
      opacityInactiveMax: 1,
      opacityInactiveScale: 0.16, // of rows beside those that are stressed
    });
    this.plot.subscribe("drawing", () => {
      this.frames.wake();
      onFrame();
    });
    this.look = "";
    // An index of one far point: nothing is ever under the library's own pointer.
    this.unused = createSpatialIndex([[9, 9]], false);
  }

  resize(width, height) {
    this.renderer.resize(width, height);
    return this.frames.until(this.plot.set({ width, height }));
  }

  // values: category codes, or numbers in [0, 1]; null draws all points alike.
  async setPoints(x, y, values, continuous) {
    if (this.order?.length !== x.length) {
      this.order = shuffled(x.length); // the row of each place in the order of drawing
      this.places = new Uint32Array(x.length);
      this.order.forEach((row, place) => (this.places[row] = place));
    }
    const drawn = (column) => Float32Array.from(this.order, (row) => column[row]);
    const spatialIndex = await this.unused;
    if (this.gone) return; // meanwhile, and the library would complain
    const columns = { x: drawn(x), y: drawn(y), ...(values && { z: drawn(values) }) };
    const zDataType = continuous ? "continuous" : "categorical";
    await this.frames.until(this.plot.draw(columns, { zDataType, spatialIndex }));
  }

  // colours: one, one a category, or stops; opacities: one, or one a category.
  setLook({ colours, opacities, size, by }) {
    const look = JSON.stringify([colours, opacities, size, by]);
    if (look === this.look) return;
    this.look = look;
    this.frames.wake();
    this.plot.set({
      pointColor: colours,
      colorBy: by ? "valueZ" : null,
      opacity: opacities,
      opacityBy: by === "category" ? "valueZ" : null,
      pointColorActive: colours,
      pointSize: size,
    });
  }

  // Stresses rows, in their own colours over the others, which fade; null stresses none.
  setChosen(rows) {
    if (rows?.length) this.plot.select(Array.from(rows, (row) => this.places[row]), { preventEvent: true });
    else this.plot.deselect({ preventEvent: true });
    this.frames.wake();
  }

  setCamera({ x, y, distance }) {
    this.plot.zoomToLocation([x, y], distance);
    this.frames.wake();
  }

  destroy() {
    this.gone = true;
    this.plot.destroy();
    this.renderer.destroy();
  }
}
