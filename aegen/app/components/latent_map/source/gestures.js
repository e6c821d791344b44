// Mouse, touch, pen and keyboard on the map become: move the camera, draw around, click, hover.
//
// One finger or button does what the tool says, two fingers pinch. With Shift a drag that begins at
// the pinned row walks from there, and any other lassoes.

const CLICK = 4; // pixels a click may wander
const STEP = 3; // pixels between two vertices of a lasso

const far = ([x0, y0], [x1, y1], least) => Math.hypot(x1 - x0, y1 - y0) >= least;
const box = ([x0, y0], [x1, y1]) => [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];

// target: { tool, camera, moved(held), settle(), drawing(pixels), drawn(pixels), clicked(at),
//           looked(at), atPin(at), walking(pixels), walked(pixels), hovered(at), left(), escaped(),
//           choose(tool), fit() }
export function listen(element, target) {
  const down = new Map();
  let gesture = null;

  const place = (event) => {
    const bounds = element.getBoundingClientRect();
    return [event.clientX - bounds.left, event.clientY - bounds.top];
  };

  const pinch = () => {
    const [a, b] = [...down.values()];
    return { at: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], span: Math.hypot(a[0] - b[0], a[1] - b[1]) };
  };

  const press = (event) => {
    if (event.button > 1) return;
    element.setPointerCapture(event.pointerId);
    down.set(event.pointerId, place(event));
    if (down.size === 2) {
      target.drawing(null);
      gesture = { tool: "pinch", ...pinch() };
    } else if (down.size === 1) {
      const walks = event.shiftKey && target.atPin(place(event));
      const tool =
        event.button === 1 ? "pan" : walks ? "path" : event.shiftKey ? "lasso" : target.tool;
      gesture = { tool, start: place(event), last: place(event), line: [place(event)], moved: false };
    }
  };

  const move = (event) => {
    const at = place(event);
    if (!down.has(event.pointerId) || !gesture) {
      if (event.pointerType !== "touch") target.hovered(at);
      return;
    }
    if (gesture.tool === "look") target.looked(at);
    down.set(event.pointerId, at);
    if (gesture.tool === "pinch") {
      if (down.size < 2) return;
      const now = pinch();
      target.camera.pan(now.at[0] - gesture.at[0], now.at[1] - gesture.at[1]);
      target.camera.approach(now.span / gesture.span || 1, ...now.at);
      Object.assign(gesture, now);
      target.moved(true);
      return;
    }
    gesture.moved ||= far(gesture.start, at, CLICK);
    if (!gesture.moved || gesture.tool === "look") return;
    if (gesture.tool === "pan") {
      target.camera.pan(at[0] - gesture.last[0], at[1] - gesture.last[1]);
      gesture.last = at;
      target.moved(true);
    } else if (gesture.tool === "box") {
      gesture.line = box(gesture.start, at);
      target.drawing(gesture.line);
    } else if (far(gesture.line.at(-1), at, STEP)) {
      gesture.line.push(at);
      if (gesture.tool === "path") target.walking(gesture.line);
      else target.drawing(gesture.line);
    }
  };

  const release = (event) => {
    if (!down.delete(event.pointerId) || !gesture) return;
    const { tool, moved, line, start } = gesture;
    if (tool === "pinch") {
      if (!down.size) gesture = null;
      target.settle();
      return;
    }
    gesture = null;
    if (!moved) target.clicked(start);
    else if (tool === "pan" || tool === "look") target.settle();
    else if (tool === "path") target.walked(line);
    else {
      target.drawing(null);
      if (line.length > 2) target.drawn(line);
    }
    if (event.pointerType === "touch" && !moved) target.hovered(start);
  };

  const cancel = (event) => {
    down.delete(event.pointerId);
    gesture = null;
    target.drawing(null);
    target.settle();
  };

  const wheel = (event) => {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 18 : event.deltaMode === 2 ? 300 : 1);
    // A pinch on a touchpad arrives as a small wheel turn with Ctrl held.
    const rate = event.ctrlKey ? 0.01 : 0.0016;
    target.camera.approach(Math.exp(-Math.max(-400, Math.min(400, pixels)) * rate), ...place(event));
    target.moved();
  };

  const { camera } = target;
  const whole = () => box([0, 0], [camera.width, camera.height]);
  const keys = {
    ArrowLeft: () => camera.pan(60, 0),
    ArrowRight: () => camera.pan(-60, 0),
    ArrowUp: () => camera.pan(0, 60),
    ArrowDown: () => camera.pan(0, -60),
    "+": () => camera.approach(1.3),
    "=": () => camera.approach(1.3),
    "-": () => camera.approach(1 / 1.3),
    0: () => target.fit(),
    p: () => target.choose("pan"),
    l: () => target.choose("lasso"),
    b: () => target.choose("box"),
    k: () => target.choose("look"),
    t: () => target.choose("path"),
    i: () => target.choose("labels"),
    Enter: () => target.drawn(whole()),
  };

  const key = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
    target.moved();
  };

  const escape = (event) => {
    const near = element.matches(":hover") || element.parentElement.contains(document.activeElement);
    if (event.key !== "Escape" || !near) return;
    if (gesture) cancel({ pointerId: [...down.keys()][0] });
    else target.escaped();
  };

  const leave = (event) => event.pointerType !== "touch" && target.left();

  const heard = {
    pointerdown: press,
    pointermove: move,
    pointerup: release,
    pointercancel: cancel,
    pointerleave: leave,
    keydown: key,
  };
  for (const [name, handler] of Object.entries(heard)) element.addEventListener(name, handler);
  element.addEventListener("wheel", wheel, { passive: false });
  window.addEventListener("keydown", escape);
  return () => window.removeEventListener("keydown", escape);
}
