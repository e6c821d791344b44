// Figures are made on the server, for light or for dark paper: where the system changes from one
// to the other the page runs anew, once Streamlit has its new theme.

export default function ({ setTriggerValue }) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const changed = () => setTimeout(() => setTriggerValue("dark", dark.matches), 300);
  dark.addEventListener("change", changed);
  return () => dark.removeEventListener("change", changed);
}
