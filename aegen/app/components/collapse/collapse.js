// Begins with the sidebar closed where it would take a third of the page, as Streamlit itself does
// on a phone. Whoever has opened or closed it by hand keeps it so: Streamlit remembers that. What
// is closed here it must not remember, but looks up until all of the page is there.

const NARROW = 1024;
const MEMORY = "stSidebarCollapsed-";

let ours = []; // what Streamlit remembers and no person did

const kept = () => Object.keys(localStorage).filter((key) => key.startsWith(MEMORY));
const press = (button) => document.querySelector(`[data-testid="${button}`)?.click();

function forget() {
  const held = ours.filter((key) => localStorage.getItem(key) === "true");
  for (const key of held) localStorage.removeItem(key);
  ours = [];
  return held;
}

function settle() {
  if (innerWidth > NARROW) {
    if (!forget().length) return;
    press('stExpandSidebarButton"]');
    for (const key of kept()) localStorage.removeItem(key);
  } else if (!kept().length) {
    press('stSidebarCollapseButton"] button[aria-expanded="true"]');
    ours = kept();
  }
}

export default function () {
  if (document.aegenSettles) return;
  document.aegenSettles = true;
  try {
    settle();
  } catch {
    return; // no storage here: the sidebar stays as Streamlit has it
  }
  addEventListener("resize", settle);
  addEventListener("pagehide", forget);
}
