// Closes the dialog "Page not found", which Streamlit shows wrongly to a server's first visitor.

export default function () {
  const close = () =>
    [...document.querySelectorAll('[role="dialog"]')]
      .find((dialog) => dialog.textContent.startsWith("Page not found"))
      ?.querySelector("button")
      ?.click();
  close();
  const watch = new MutationObserver(close);
  watch.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => watch.disconnect(), 5000);
}
