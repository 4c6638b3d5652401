// A press of the button that signs is one press: the button rests until the page changes. What this
// browser kept of a draft goes when the draft has gone.

import { activities, drawMap } from "./map.js";
import { verdict } from "./compose_warning.js";

const words = document.querySelector("[data-short]")?.dataset;
if (words !== undefined) setInterval(() => verdict(words), 1000);

const form = document.getElementById("send");
form?.addEventListener("submit", (event) => {
  const button = event.submitter;
  setTimeout(() => {
    for (const one of form.querySelectorAll("button")) one.disabled = true;
    if (button !== null) button.setAttribute("aria-busy", "true");
  }, 0);
});
window.addEventListener("pageshow", () => {
  for (const one of form?.querySelectorAll("button") ?? []) one.disabled = false;
});

// The area as it will be signed, among what is active or planned around it.
const place = document.getElementById("area");
if (place !== null) {
  const map = await drawMap(place);
  const [others, own] = [activities(map), activities(map)];
  own.set(JSON.parse(place.dataset.areas).map((one) => ({
    id: `v${one.volume}`, owner: "own", state: "activated",
    label: [`${one.volume + 1}`, one.levels].filter(Boolean), areas: [one.area],
  })));
  own.fit();
  const answer = await fetch("/picture/data").catch(() => null);
  if (answer?.ok) {
    others.set(((await answer.json()).rows ?? []).map((row) => ({
      id: row.id, owner: row.owner, state: row.state, label: [row.name, row.levels], areas: row.areas,
    })));
  }
}
