// What happens at the node, as it happens; and the word that the node is lost.

const listeners = new Map();
const SILENCE_MS = 9000;
let last = performance.now();
let lost = false;

// Call `callback(what)` for every event of this kind: message, receipt, line, relation, alarm,
// alarm-acknowledged, exercise, fault, watch, open, beat, lost, found, ended.
export function on(kind, callback) {
  if (!listeners.has(kind)) listeners.set(kind, new Set());
  listeners.get(kind).add(callback);
}

export function isLost() {
  return lost;
}

function tell(kind, what) {
  for (const callback of listeners.get(kind) ?? []) callback(what);
}

function setLost(now) {
  if (now === lost) return;
  lost = now;
  document.documentElement.classList.toggle("lost", lost);
  document.getElementById("lost").hidden = !lost;
  tell(lost ? "lost" : "found", {});
}

const KINDS = ["open", "message", "receipt", "line", "relation", "alarm", "alarm-acknowledged",
  "exercise", "fault", "watch"];

export function start() {
  const source = new EventSource("/live");
  const heard = () => { last = performance.now(); };
  source.addEventListener("beat", (event) => { heard(); setLost(false); tell("beat", JSON.parse(event.data)); });
  source.addEventListener("lost", () => { heard(); setLost(true); });
  source.addEventListener("ended", () => { source.close(); setLost(true); tell("ended", {}); });
  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => {
      if (event.data === undefined) return; // the browser's own `open`
      heard();
      tell(kind, JSON.parse(event.data));
    });
  }
  setInterval(() => { if (performance.now() - last > SILENCE_MS) setLost(true); }, 500);
}

// Put parts of the page in anew: every element with data-live="ADDRESS", unless somebody works in it.
export async function renew(element) {
  if (element.contains(document.activeElement) && document.activeElement !== document.body
      && element.querySelector("input, textarea, select") !== null) return;
  const answer = await fetch(element.dataset.live, { headers: { Accept: "text/html" } });
  if (answer.status === 401) { tell("ended", {}); return; }
  if (!answer.ok) return;
  const focused = element.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  element.replaceChildren(...parsed.body.childNodes);
  if (focused !== null) element.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  tell("renewed", element);
}

let asked = null;
export function renewAll() {
  if (asked !== null) return;
  asked = setTimeout(async () => {
    try {
      await Promise.all([...document.querySelectorAll("[data-live]")].map(renew));
    } catch { /* the beat says that the node is lost */ }
    asked = null;
  }, 150);
}
