// The masks of all epochs for a map's replay, which are asked for when a person wants to see it.
//
// In a part of the page of its own: what else is on the page stays as it is meanwhile.

export default function ({ data, setTriggerValue }) {
  const rooms = (globalThis[Symbol.for("aegen.rooms")] ??= new Map());
  if (!rooms.has(data.map)) rooms.set(data.map, { parts: new Map(), changed: () => {} });
  const room = rooms.get(data.map);
  const known = room.parts.get(data.part)?.id === data.id;
  const part = { id: data.id, table: data.table, spec: data.spec };
  room.parts.set(data.part, part);
  room.want = () => setTriggerValue("wanted", true);
  if (!known) room.changed();
  // Streamlit may run a late clean-up after the next call: only what was put here is removed.
  return () => {
    if (room.parts.get(data.part) === part) room.parts.delete(data.part);
  };
}
