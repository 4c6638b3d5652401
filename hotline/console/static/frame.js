// What every page does: it stays live, counts, sounds, and says when it has lost its node.

import { isLost, listened, on, renewAll, start } from "./live.js";
import { arm, armed, rearm, sound } from "./sound.js";
import { local, tick } from "./times.js";

let offsetMs = 0;
const title = document.title;
const icon = document.querySelector('link[rel="icon"]');
const calm = icon.getAttribute("href");

function clocks() {
  const clock = document.getElementById("clock");
  if (clock !== null) offsetMs = Date.parse(clock.dateTime) - Date.now();
}

// The number of ringing alarms in the title and on the icon: seen while another tab is in front.
function counted(text) {
  const said = text === "" ? title : `(${text}) ${title}`;
  if (document.title === said) return;
  document.title = said;
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16"`
    + ` r="16" fill="#b3221a"/><text x="16" y="23" font-size="20" font-weight="700" fill="#fff"`
    + ` text-anchor="middle" font-family="sans-serif">${text}</text></svg>`;
  icon.href = text === "" ? calm : `data:image/svg+xml,${encodeURIComponent(drawn)}`;
}

function heard() {
  const ringing = document.querySelector("[data-ringing]");
  const many = ringing === null ? 0 : Number(ringing.dataset.ringing);
  sound(isLost() ? "lost" : many > 0 ? "alarm" : "");
  counted(isLost() ? "?" : many > 0 ? String(Math.min(many, 99)) : "");
  const muted = document.getElementById("muted");
  if (muted !== null) muted.hidden = armed();
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

let beats = 0;
function beat() {
  listened();
  tick(offsetMs);
  heard();
  beats += 1;
  if (beats % 10 === 0) renewAll();
}

clocks();
local();
tick(offsetMs);
rearm();
heard();
new Worker(new URL("./beat.js", import.meta.url)).onmessage = beat;
// Browsers freeze pages that nobody looks at, unless they hold a lock.
navigator.locks?.request(`hotline-page-${crypto.randomUUID()}`, { mode: "shared" }, () => new Promise(() => {}));
for (const kind of ["open", "message", "receipt", "line", "relation", "alarm", "alarm-acknowledged",
  "exercise", "fault", "watch", "found"]) on(kind, renewAll);
// What somebody types is kept at each pause: others need to know what is offered, and what is gone.
on("draft", (what) => { if (what.state !== "changed") renewAll(); });
on("renewed", (element) => { if (element.id === "strip") clocks(); local(element); tick(offsetMs); heard(); });
on("lost", heard);
on("found", heard);
on("ended", () => {
  document.getElementById("ended").hidden = false;
  window.dispatchEvent(new CustomEvent("session-ended"));
});
// On a narrow screen the figures that are as they should be are shown on a touch.
const figures = document.getElementById("figures");
const whole = (on) => {
  figures.setAttribute("aria-expanded", String(on));
  figures.parentElement.classList.toggle("whole", on);
  sessionStorage.setItem("hotline-figures", on ? "all" : "");
};
whole(sessionStorage.getItem("hotline-figures") === "all");
figures.addEventListener("click", () => whole(figures.getAttribute("aria-expanded") !== "true"));
// On a narrow screen the menu is one line: the page that is open is in sight.
const here = document.querySelector("nav [aria-current]");
const menu = here?.closest("ul");
if (menu && menu.scrollWidth > menu.clientWidth) here.scrollIntoView({ inline: "center", block: "nearest" });
document.getElementById("arm")?.addEventListener("click", async () => { await arm(); heard(); });
// Taking the watch arms the sound: this click is what the browser asks for.
document.addEventListener("submit", (event) => {
  if (event.target instanceof HTMLFormElement && "arm" in event.target.dataset) arm().catch(() => null);
});
start(csrf);
