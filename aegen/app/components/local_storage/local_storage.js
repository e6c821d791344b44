// Texts by name in the browser's own storage, the last used ones last; the oldest make room.

const MOST = 64;

function read(storage) {
  try {
    return JSON.parse(localStorage.getItem(storage)) ?? {};
  } catch {
    return {}; // a browser that keeps nothing, or something that is none of ours
  }
}

function write(storage, texts) {
  try {
    localStorage.setItem(storage, JSON.stringify(Object.fromEntries(texts.slice(-MOST))));
  } catch {
    // full, or not allowed: what is kept lasts as long as the visit
  }
}

// A page whose run is interrupted before all of it has arrived may stay white.
function whenStill(act) {
  if (document.querySelector('.stApp[data-test-script-state="running"]')) {
    setTimeout(() => whenStill(act), 50);
  } else act();
}

export default function ({ data, parentElement, setTriggerValue }) {
  const { storage, texts, wanted } = data;
  const held = read(storage);
  if (Object.keys(texts).length) {
    const others = Object.entries(held).filter(([name]) => !(name in texts));
    write(storage, [...others, ...Object.entries(texts)]);
  }
  const found = Object.hasOwn(held, wanted) ? String(held[wanted]) : "";
  if (wanted && parentElement.asked !== wanted) whenStill(() => setTriggerValue("found", found));
  parentElement.asked = wanted;
}
