// What happens at the node, as it happens; and the word that the node is lost.

const listeners = new Map();
const SILENCE_MS = 8000;
const PATIENCE_MS = 5000;
let last = performance.now();
let lost = false;
let over = false;

// Call `callback(what)` for every event of this kind: message, receipt, line, relation, alarm,
// alarm-acknowledged, exercise, fault, watch, draft, open, beat, lost, found, ended, renewed.
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
  document.getElementById("lost").hidden = !lost || over;
  tell(lost ? "lost" : "found", {});
}

function end() {
  if (over) return;
  over = true;
  setLost(true);
  tell("ended", {});
}

function take(kind, what) {
  last = performance.now();
  if (kind === "ended") { end(); return; }
  if (kind === "lost") { setLost(true); return; }
  if (kind === "beat") setLost(false);
  tell(kind, what);
}

// All pages of a session listen by one worker, which is theirs alone: `session` names it.
export function start(session) {
  over = false; // who has logged in again listens again
  last = performance.now();
  const worker = new SharedWorker(new URL("./live-worker.js", import.meta.url), { name: session });
  worker.port.onmessage = ({ data }) => take(data.kind, data.what);
  addEventListener("pagehide", () => worker.port.postMessage("bye"));
  addEventListener("pageshow", () => worker.port.postMessage("here"));
}

// Asked twice a second: no word for some seconds is a node that is lost.
export function listened() {
  if (performance.now() - last > SILENCE_MS) setLost(true);
}

const shown = new WeakMap();

// Somebody types there, or has typed what is not sent yet.
function inWork(element) {
  for (const field of element.querySelectorAll("input:not([type=hidden]), textarea, select")) {
    if (field === document.activeElement) return true;
    if (field.type === "checkbox" || field.type === "radio") {
      if (field.checked !== field.defaultChecked) return true;
    } else if (field instanceof HTMLSelectElement) {
      if ([...field.options].some((option) => option.selected !== option.defaultSelected)) return true;
    } else if (field.value !== field.defaultValue) return true;
  }
  return false;
}

// How to find again what has the focus, or is open, once the part is put in anew.
function mark(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.dataset.key) return `[data-key="${CSS.escape(element.dataset.key)}"]`;
  if (element.hasAttribute("href")) return `a[href="${CSS.escape(element.getAttribute("href"))}"]`;
  const action = element.form?.getAttribute("action");
  return action ? `form[action="${CSS.escape(action)}"] button` : null;
}

// Put parts of the page in anew: every element with data-live="ADDRESS", unless somebody works in it.
export async function renew(element) {
  if (inWork(element)) return;
  const answer = await fetch(element.dataset.live, {
    headers: { Accept: "text/html" },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (answer.status === 401) { end(); return; }
  if (!answer.ok) return;
  const text = await answer.text();
  if (shown.get(element) === text || inWork(element)) return;
  shown.set(element, text);
  const focus = element.contains(document.activeElement) ? mark(document.activeElement) : null;
  const opened = [...element.querySelectorAll("details[open][id]")].map((one) => one.id);
  const parsed = new DOMParser().parseFromString(text, "text/html");
  element.replaceChildren(...parsed.body.childNodes);
  for (const id of opened) {
    const again = document.getElementById(id);
    if (again instanceof HTMLDetailsElement) again.open = true;
  }
  if (focus !== null) element.querySelector(focus)?.focus({ preventScroll: true });
  tell("renewed", element);
}

let waiting = false;
let renewing = false;
export function renewAll() {
  if (waiting) return;
  waiting = true;
  setTimeout(async () => {
    if (renewing) { waiting = false; return; }
    waiting = false;
    renewing = true;
    await Promise.allSettled([...document.querySelectorAll("[data-live]")].map(renew));
    renewing = false;
  }, 150);
}
