// The warning time that is left if a message goes now, by the node's clock, against the letter's.

import { on } from "./live.js";

let offsetMs = 0;

function clocks() {
  const clock = document.getElementById("clock");
  if (clock !== null) offsetMs = Date.parse(clock.dateTime) - Date.now();
}

// The time at the node, in milliseconds since 1970.
export function nowMs() {
  return Date.now() + offsetMs;
}

// Say whether it is enough; `words` has `short` and `enough`.
export function verdict(words) {
  const warning = document.getElementById("warning");
  const until = warning?.querySelector("[data-until]");
  if (!until) return;
  const short = (Date.parse(until.dataset.until) - nowMs()) / 1000 < Number(warning.dataset.needed);
  warning.classList.toggle("short", short);
  warning.classList.toggle("enough", !short);
  const said = short ? words.short : words.enough;
  const place = warning.querySelector(".verdict");
  if (place.textContent !== said) place.textContent = said;
}

clocks();
on("renewed", (element) => { if (element.id === "strip") clocks(); });
