// What every page does: it stays live, counts, sounds, and says when it has lost its node.

import { isLost, on, renewAll, start } from "/static/live.js";
import { arm, armed, sound } from "/static/sound.js";
import { local, tick } from "/static/times.js";

let offsetMs = 0;

function clocks() {
  const clock = document.getElementById("clock");
  if (clock !== null) offsetMs = Date.parse(clock.dateTime) - Date.now();
}

function heard() {
  const ringing = document.querySelector("[data-ringing]");
  const many = ringing === null ? 0 : Number(ringing.dataset.ringing);
  sound(isLost() ? "lost" : many > 0 ? "alarm" : "");
  document.getElementById("muted").hidden = armed();
}

export const csrf = document.querySelector('meta[name="csrf"]').content;

// Send a form's fields or JSON to this console, as one of its own pages.
export async function post(address, body) {
  return fetch(address, {
    method: "POST",
    body: body instanceof FormData ? body : JSON.stringify(body),
    headers: { "Hotline-Form": csrf, ...(body instanceof FormData ? {} : { "Content-Type": "application/json" }) },
  });
}

clocks();
local();
tick(offsetMs);
heard();
setInterval(() => { tick(offsetMs); heard(); }, 500);
setInterval(renewAll, 5000);
for (const kind of ["open", "message", "receipt", "line", "relation", "alarm", "alarm-acknowledged",
  "exercise", "fault", "watch", "found"]) on(kind, renewAll);
on("renewed", (element) => { if (element.id === "strip") clocks(); local(element); tick(offsetMs); heard(); });
on("lost", heard);
on("ended", () => {
  document.getElementById("lost").hidden = false;
  fetch("/words").catch(() => null);
  window.dispatchEvent(new CustomEvent("session-ended"));
});
document.getElementById("arm")?.addEventListener("click", async () => { await arm(); heard(); });
start();
