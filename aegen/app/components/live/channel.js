// The channel to the server's decoder (aegen/app/live): one WebSocket for all components of a tab.
//
// `ask(lane, show, answered)` sends what a request shows; while its reply is on its way only the
// newest later request of the lane is kept. `answered({ header, pixels })` gets the reply, or
// `answered({ problem })`. Where the channel cannot be opened, `state` is "off", and whoever
// listens says so. Joined in front of the scripts that use it; the first one makes it.
//
// For benchmarks and tests: `painted` holds { lane, ms } of the last pictures, from the person's
// move to the frame after the picture was drawn.

{
  const AGAIN = 30_000; // milliseconds until a refused channel is tried again
  const LOST = 10_000; // after which a reply is no longer waited for

  class Channel {
    constructor() {
      Object.assign(this, { state: "closed", count: 0, moved: 0, refused: -Infinity });
      Object.assign(this, { lanes: new Map(), listeners: new Set(), painted: [] });
      const move = (event) => (this.moved = event.timeStamp);
      for (const type of ["pointerdown", "pointermove", "keydown", "input"]) {
        addEventListener(type, move, { capture: true, passive: true });
      }
    }

    listen(listener) {
      this.listeners.add(listener);
      listener(this.state);
      return () => this.listeners.delete(listener);
    }

    tell(state) {
      this.state = state;
      for (const listener of this.listeners) listener(state);
    }

    // Below the page's own address, whatever a proxy puts before it; a bare front page may lack
    // its last slash.
    addresses() {
      const here = new URL(location.href);
      here.protocol = here.protocol.replace("http", "ws");
      return [...new Set([new URL("aegen/live", here).href,
        new URL(`${here.pathname.replace(/\/?$/, "/")}aegen/live`, here).href])];
    }

    open() {
      const off = this.state === "off" && performance.now() - this.refused < AGAIN;
      if (off || this.state === "opening" || this.state === "open") return;
      if (this.state !== "off") this.tell("opening");
      else this.state = "opening"; // nothing is said before it is known
      this.connect(this.addresses());
    }

    connect([address, ...others]) {
      let opened = false;
      const socket = new WebSocket(address);
      socket.binaryType = "arraybuffer";
      socket.onopen = () => {
        opened = true;
        this.socket = socket;
        this.tell("open");
        for (const lane of this.lanes.values()) this.send(lane);
      };
      socket.onmessage = ({ data }) => this.heard(data);
      socket.onclose = () => {
        if (!opened && others.length) return this.connect(others);
        this.socket = null;
        for (const lane of this.lanes.values()) lane.sent = null;
        if (!opened) this.refused = performance.now();
        this.tell(opened ? "closed" : "off");
      };
    }

    ask(lane, show, answered) {
      if (!this.lanes.has(lane)) this.lanes.set(lane, { name: lane, sent: null, next: null });
      const place = this.lanes.get(lane);
      place.next = { show, answered, moved: this.moved };
      this.open();
      this.send(place);
    }

    send(lane) {
      const lost = lane.sent && performance.now() - lane.sent.at > LOST;
      if (this.state !== "open" || !lane.next || (lane.sent && !lost)) return;
      lane.sent = { ...lane.next, id: ++this.count, at: performance.now() };
      lane.next = null;
      this.socket.send(JSON.stringify({ id: lane.sent.id, lane: lane.name, show: lane.sent.show }));
    }

    heard(data) {
      const text = typeof data === "string";
      const length = text ? 0 : new DataView(data).getUint32(0, true);
      const header = JSON.parse(
        text ? data : new TextDecoder().decode(new Uint8Array(data, 4, length)),
      );
      const lane = this.lanes.get(header.lane);
      if (!lane?.sent || lane.sent.id !== header.id) return;
      const { answered, moved } = lane.sent;
      lane.sent = null;
      this.send(lane);
      if (text) return answered({ problem: header.problem });
      answered({ header, pixels: new Uint8Array(data, 4 + length) });
      if (header.n) this.timed(header.lane, moved);
    }

    timed(lane, moved) {
      requestAnimationFrame(() => setTimeout(() => {
        this.painted.push({ lane, ms: performance.now() - moved });
        if (this.painted.length > 4000) this.painted.splice(0, 2000);
      }));
    }

    // Draws pictures on a canvas, `columns` side by side, `gap` clear pixels between them.
    paint(canvas, { n, h, w, c }, pixels, columns = n, first = 0, count = n - first) {
      const width = Math.min(columns, count) * w;
      const height = Math.ceil(count / columns) * h;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      const context = canvas.getContext("2d");
      for (let k = 0; k < count; k++) {
        const image = context.createImageData(w, h);
        const from = (first + k) * h * w * c;
        for (let i = 0; i < h * w; i++) {
          const at = from + i * c;
          image.data[4 * i] = pixels[at];
          image.data[4 * i + 1] = pixels[at + (c > 2 ? 1 : 0)];
          image.data[4 * i + 2] = pixels[at + (c > 2 ? 2 : 0)];
          image.data[4 * i + 3] = c === 4 ? pixels[at + 3] : 255;
        }
        context.putImageData(image, (k % columns) * w, Math.floor(k / columns) * h);
      }
    }
  }

  globalThis[Symbol.for("aegen.live")] ??= new Channel();
}
