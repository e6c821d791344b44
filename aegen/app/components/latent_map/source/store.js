// Leaves one part of a map (points, labels, draws, ...) where the map's view finds it.
//
// Python mounts this once a part. Streamlit sends a mount again only when its own content has
// changed, so a new colour never sends the points, nor this page's large script, a second time.
// What was sent before stays here, also when the map goes: from then on Python names it (`held`).
// Not bundled: it is sent as it stands, and shares nothing with the view but the room below.

export default function ({ data, setTriggerValue }) {
  const rooms = (globalThis[Symbol.for("aegen.rooms")] ??= new Map());
  if (!rooms.has(data.map)) rooms.set(data.map, { parts: new Map(), changed: () => {} });
  const room = rooms.get(data.map);
  const known = room.parts.get(data.part)?.id === data.id;
  if (data.held) {
    if (!known) setTriggerValue("missing", data.id);
    return;
  }
  const part = { id: data.id, table: data.table, spec: data.spec };
  room.parts.set(data.part, part);
  if (!known) room.changed();
  // Streamlit may run a late clean-up after the next call: only what was put here is removed.
  return () => {
    if (!part.table && room.parts.get(data.part) === part) room.parts.delete(data.part);
  };
}
