// Begins with the sidebar closed where it would take a third of the page, as Streamlit itself does
// on a phone. Whoever has opened or closed it by hand keeps it so: Streamlit remembers that. What
// is closed here it must not remember, but looks up until all of the page is there.

const NARROW = 1024;
const MEMORY = "stSidebarCollapsed-";

let ours = []; // what Streamlit remembers and no person did

const kept = () => Object.keys(localStorage).filter((key) => key.startsWith(MEMORY));

function forget() {
  for (const key of ours) if (localStorage.getItem(key) === "true") localStorage.removeItem(key);
  ours = [];
}

function settle() {
  if (innerWidth > NARROW) return forget();
  const open = '[data-testid="stSidebarCollapseButton"] button[aria-expanded="true"]';
  if (kept().length) return;
  document.querySelector(open)?.click();
  ours = kept();
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
