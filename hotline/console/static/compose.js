// The page on which a draft is written: asks what it means while somebody types, never in the way.

import { keeper } from "./compose_keep.js";
import { sketchpad } from "./compose_map.js";
import { nowMs, verdict } from "./compose_warning.js";
import { local } from "./times.js";

const CHECK_MS = 300;
const root = document.getElementById("compose");
const form = document.getElementById("form");
const words = document.getElementById("compose-words").dataset;
const meaning = document.getElementById("meaning");

for (const element of document.querySelectorAll(".scripted")) element.hidden = false;

const keep = keeper(root, form, words);
let pad = null;
let asked = 0;
let timer = null;
let moments = {};
const typed = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(?::(\d{2}))?/;

// --- What it means ---------------------------------------------------------------------------------

function part(html) {
  return new DOMParser().parseFromString(html, "text/html").body.childNodes;
}

function short(time) {
  return time.slice(0, 19).replace("T", " ").replace(/:00$/, "");
}

function show(told) {
  const open = new Map([...meaning.querySelectorAll("details[data-language]")].map((one) => [one.dataset.language, one.open]));
  const focused = meaning.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  meaning.replaceChildren(...part(told.html));
  for (const one of meaning.querySelectorAll("details[data-language]")) if (open.has(one.dataset.language)) one.open = open.get(one.dataset.language);
  if (focused !== null) meaning.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  for (const place of form.querySelectorAll("[data-wrong]")) {
    const flaws = told.flaws.filter((flaw) => flaw.field === place.dataset.wrong);
    // What is still missing is no mistake, until somebody has asked to read it over and send it.
    const red = (flaw) => root.dataset.refused !== undefined || !flaw.missing;
    place.replaceChildren(...flaws.map((flaw) => {
      const line = document.createElement("span");
      line.className = red(flaw) ? "mistake" : "missing";
      line.textContent = `${red(flaw) ? "✕" : "○"} ${flaw.text}${flaw.hint ? ` (${flaw.hint})` : ""}`;
      return line;
    }));
    document.getElementById(`f-${place.dataset.wrong}`)?.toggleAttribute("aria-invalid", false);
    if (flaws.some(red)) document.getElementById(`f-${place.dataset.wrong}`)?.setAttribute("aria-invalid", "true");
  }
  for (const place of form.querySelectorAll("[data-lines]")) {
    const focusedEdit = place.contains(document.activeElement) ? document.activeElement.dataset.edit : null;
    place.replaceChildren(...part(told.lines[place.dataset.lines] ?? ""));
    vertices(place);
    if (focusedEdit) place.querySelector(`[data-edit="${focusedEdit}"]`)?.focus();
  }
  moments = told.moments;
  for (const place of form.querySelectorAll("[data-understood]")) {
    const time = moments[place.dataset.understood];
    place.replaceChildren();
    const input = form.elements.namedItem(place.dataset.understood);
    if (time === undefined) continue;
    const element = document.createElement("time");
    element.dateTime = time;
    element.dir = "ltr";
    element.textContent = `${short(time)}Z`;
    place.append(element);
    local(place);
    // "15:30" gets its date once it is left, so that it means the same an hour later.
    if (document.activeElement !== input && !typed.test(input.value.trim())) {
      input.value = short(time);
      keep.changed();
    }
  }
  pad?.show(told.areas, told.points);
  verdict(words);
}

async function check() {
  clearTimeout(timer);
  const number = ++asked;
  const answer = await keep.ask("/compose/check", { form: keep.fields() }).catch(() => null);
  if (number !== asked) return;
  if (answer === null || !answer.ok) {
    const line = document.createElement("p");
    line.className = "some";
    line.id = "unchecked";
    line.textContent = words.unchecked;
    if (document.getElementById("unchecked") === null) meaning.prepend(line);
    timer = setTimeout(check, 3000);
    return;
  }
  show(await answer.json());
}

// What is on its way is about a form that was typed on since: it would undo the last of it.
function soon() {
  asked += 1;
  clearTimeout(timer);
  timer = setTimeout(check, CHECK_MS);
}

form.addEventListener("input", soon);
form.addEventListener("change", soon);
form.addEventListener("focusout", (event) => { if (event.target.dataset?.moment !== undefined) soon(); });

// Enter in a field asks what it means; it never sends anything.
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.tagName === "INPUT") { event.preventDefault(); check(); }
});

// --- The warning that is left, by the node's clock -------------------------------------------------

setInterval(() => verdict(words), 1000);
setInterval(() => { if (document.visibilityState === "visible" && !form.contains(document.activeElement)) check(); }, 20_000);

// --- Times by a press ------------------------------------------------------------------------------


function momentOf(name) {
  const match = typed.exec(form.elements.namedItem(name)?.value ?? "");
  if (match !== null) return Date.parse(`${match[1]}T${match[2]}:${match[3] ?? "00"}Z`);
  return moments[name] === undefined ? NaN : Date.parse(moments[name]);
}

for (const button of form.querySelectorAll("[data-set]")) {
  button.addEventListener("click", () => {
    const from = button.dataset.from === "now" ? NaN : momentOf(button.dataset.from);
    const next = Math.ceil(nowMs() / 60_000) * 60_000;
    const when = (Number.isNaN(from) ? next : from) + Number(button.dataset.minutes) * 60_000;
    const input = form.elements.namedItem(button.dataset.set);
    input.value = short(new Date(when).toISOString());
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// --- Positions as a list: every vertex can be moved and removed by keyboard ------------------------

function vertices(place) {
  const input = form.elements.namedItem(place.dataset.lines);
  if (input?.dataset.points !== "many") return;
  const items = [...place.querySelectorAll("li[data-line]")];
  items.forEach((item, index) => {
    const line = Number(item.dataset.line) - 1;
    const group = document.createElement("span");
    group.className = "edit";
    const add = (name, sign, label, enabled, change) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = sign;
      button.dataset.edit = `${name}-${index}`;
      button.setAttribute("aria-label", label.replace("{number}", String(index + 1)));
      button.disabled = !enabled;
      button.addEventListener("click", () => {
        const lines = input.value.split("\n");
        change(lines);
        input.value = lines.join("\n");
        input.dispatchEvent(new Event("input", { bubbles: true }));
        check();
      });
      group.append(button);
    };
    const swap = (lines, other) => { [lines[line], lines[other]] = [lines[other], lines[line]]; };
    const near = (step) => Number(items[index + step]?.dataset.line ?? 0) - 1;
    add("up", "↑", words.up, index > 0, (lines) => swap(lines, near(-1)));
    add("down", "↓", words.down, index < items.length - 1, (lines) => swap(lines, near(1)));
    add("remove", "✕", words.remove, true, (lines) => lines.splice(line, 1));
    item.append(group);
  });
}

// --- Phrases ---------------------------------------------------------------------------------------

document.getElementById("book-search")?.addEventListener("input", (event) => {
  event.stopPropagation();
  const wanted = event.target.value.trim().toLowerCase();
  for (const item of document.querySelectorAll("[data-phrase]")) item.hidden = !item.textContent.toLowerCase().includes(wanted);
});
for (const button of document.querySelectorAll("[data-say]")) {
  button.addEventListener("click", () => {
    const input = form.elements.namedItem("phrases");
    const numbers = input.value.split(/[\s,;]+/).filter(Boolean);
    if (!numbers.includes(button.dataset.say)) numbers.push(button.dataset.say);
    input.value = numbers.join(", ");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// --- Begin -----------------------------------------------------------------------------------------

for (const place of form.querySelectorAll("[data-lines]")) vertices(place);
const map = document.getElementById("map");
if (map !== null) {
  const tools = Object.fromEntries([...document.querySelectorAll("[data-tool]")].map((one) => [one.dataset.tool, one]));
  try {
    pad = await sketchpad(form, map, tools, document.querySelector("[data-sketching]"), words);
  } catch (error) {
    console.error(error);
    for (const part of document.querySelectorAll(".drawing, [data-draw]")) part.hidden = true; // positions can still be typed
  }
}
await keep.restore();
check();
