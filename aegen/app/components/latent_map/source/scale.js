// Numbers on a colour scale, as aegen/figures/colour_scale.py has them: `stops` are the values of
// colours that follow each other evenly, and everything is reckoned in double precision.

// The first index whose stop is not below `value`, or, with `after`, is above it.
function index(stops, value, after) {
  let [low, high] = [0, stops.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stops[middle] < value || (after && stops[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Where a value lies, from 0 to 1; one that several stops share is in their middle.
export function position(value, stops) {
  const last = stops.length - 1;
  const [left, right] = [index(stops, value, false), index(stops, value, true)];
  if (right > left) return (left + right - 1) / 2 / last;
  const below = Math.min(Math.max(left - 1, 0), last - 1);
  const span = stops[below + 1] - stops[below] || 1;
  return Math.min(Math.max((below + (value - stops[below]) / span) / last, 0), 1);
}

export function positions(values, stops) {
  const found = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) found[i] = position(values[i], stops);
  return found;
}

// The value of a place on the scale.
export function valueAt(share, stops) {
  const at = share * (stops.length - 1);
  const low = Math.min(Math.floor(at), stops.length - 2);
  return stops[low] + (stops[low + 1] - stops[low]) * (at - low);
}

export const figure = (value) => value.toLocaleString("en-US");

export function short(value) {
  if (Number.isInteger(value)) return figure(value);
  const size = Math.abs(value);
  return size >= 1e4 || size < 1e-3 ? value.toExponential(1) : String(+value.toPrecision(3));
}

// A number in as many digits as tell it from others on its scale.
export function reading(value, stops) {
  const span = Math.abs(stops.at(-1) - stops[0]);
  if (!(span > 0 && span < Math.max(Math.abs(stops[0]), Math.abs(stops.at(-1))) / 100)) {
    return short(value);
  }
  const digits = Math.min(Math.max(0, 2 - Math.floor(Math.log10(span))), 20);
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
