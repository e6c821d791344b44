// Keeps the browser's history at one entry for each thing that a person does.
//
// Streamlit adds an entry for a page's bare address and another one when the page's script writes
// its link. Here the link takes the bare address's place instead. A link that names the bundle is
// whole; `aegen.app.state.link` says what that means.

const whole = (search) => new URLSearchParams(search).has("bundle");

function watchPushes() {
  if (history.aegen) return;
  history.aegen = true;
  const push = history.pushState.bind(history);
  history.pushState = (state, unused, url) => {
    const next = new URL(url ?? "", location.href);
    if (next.pathname !== location.pathname) push(state, unused, url);
    else if (!whole(next.search)) return; // the same page again is no step
    else if (!whole(location.search)) history.replaceState(state, unused, url);
    else push(state, unused, url);
  };
}

export default function ({ data }) {
  watchPushes();
  const last = location.pathname.split("/").pop();
  const page = data.pages.includes(last) ? last : "";
  if (page !== data.page || whole(location.search)) return;
  const embedding = [...new URLSearchParams(location.search)].filter(([name]) =>
    name.startsWith("embed"),
  );
  const query = [new URLSearchParams(embedding).toString(), data.link].filter(Boolean).join("&");
  history.replaceState(history.state, "", `${location.pathname}?${query}${location.hash}`);
}
