// Copies a link at one press. Where a browser keeps its clipboard from pages that did not come by
// https, an older way does it; where that fails too, the link stands there, marked, to be copied.

const ICON =
  '<svg viewBox="0 0 24 24" width="16" height="16" aria-hidden="true"><path fill="currentColor" ' +
  'd="M11 17H7a5 5 0 0 1 0-10h4v2H7a3 3 0 0 0 0 6h4zm2-10h4a5 5 0 0 1 0 10h-4v-2h4a3 3 0 0 0 0-6h-4z' +
  'M8 11h8v2H8z"/></svg>';

const STAYS = 2500; // milliseconds that it says so

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: text });
    field.style.cssText = "position:fixed;top:0;opacity:0";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

function link(without) {
  const url = new URL(location.href);
  const choices = url.search.slice(1).split("&");
  const shared = choices.filter((choice) => !without.includes(choice.split("=")[0]));
  // What needs no escape has none, since people read links.
  url.search = shared.join("&").replace(/%(2C|7E|3A|3D)/gi, decodeURIComponent);
  return url.href;
}

function build(parent) {
  const root = Object.assign(document.createElement("div"), { className: "aegen-copy" });
  root.innerHTML =
    `<button type="button">${ICON}<span>Copy link</span></button>` +
    '<input readonly hidden aria-label="Link"><span role="status"></span>';
  const [button, field, status] = root.children;
  button.onclick = async () => {
    const address = link(root.without);
    const done = await copied(address);
    status.textContent = [done ? "Copied" : "Press Ctrl+C", root.note].filter(Boolean).join(". ");
    field.hidden = done;
    field.value = address;
    if (!done) field.select();
    button.focus();
    clearTimeout(root.timer);
    root.timer = setTimeout(() => (status.textContent = ""), root.note ? 4 * STAYS : STAYS);
    if (!done) field.focus();
  };
  parent.append(root);
  return root;
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".aegen-copy") ?? build(parentElement);
  Object.assign(root, data);
}
