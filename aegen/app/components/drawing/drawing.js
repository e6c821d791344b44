// Shows SVG, or HTML that holds some, in the page's own ink; what scrolls stays where it is.

export default function ({ data, parentElement }) {
  let place = parentElement.querySelector(".aegen-drawing");
  if (!place) {
    place = document.createElement("div");
    place.className = "aegen-drawing";
    place.style.font = "13px/1.4 var(--st-font, sans-serif)";
    place.style.color = "var(--st-text-color)";
    place.style.setProperty("--aegen-paper", "var(--st-background-color)");
    parentElement.append(place);
  }
  if (place.shown === data.svg) return;
  const sideways = [...place.querySelectorAll("[tabindex]")].map((box) => box.scrollLeft);
  place.innerHTML = place.shown = data.svg;
  place.querySelectorAll("[tabindex]").forEach((box, k) => (box.scrollLeft = sideways[k] ?? 0));
}
