// The picture page: one moment, shown on the map and in the list, and kept up as things happen.
//
// What the node says of the moment is fetched; until that is there the page moves in time by what
// it has, so that the slider never waits. Rows and areas that stay the same are not touched.

import { post } from "./frame.js";
import { on } from "./live.js";
import { activities, drawMap } from "./map.js";
import { local, span } from "./times.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SOON = HOUR;
const STEP = 5 * MINUTE;
const PLAY_MS = 400;
const FETCH_AFTER_MS = 180;
const APART_MS = 250;
const AGAIN_MS = 15_000;
const RUNNING = new Set(["activated", "nonconforming", "contingent"]);
const SIGNS = { own: "■", peer: "◆" };
const STATES = { planned: "○", activated: "●", nonconforming: "▲", contingent: "✖" };

const root = document.getElementById("picture");
const words = root.dataset;
const list = document.getElementById("list");
const slider = document.getElementById("slider");
const place = new URLSearchParams(location.search);
const clock = document.getElementById("clock");
const parser = document.createElement("template");

// The node's clock, which may differ from this machine's.
let offset = Date.parse(clock?.dateTime ?? words.now) - Date.now();
let at = words.at === undefined ? null : Date.parse(words.at); // null: now, and going on
let selected = place.get("sel");
let found = { rows: [], conflicts: [] };
let rows = new Map(); // id to {data, element}
let map = null;
let layer = null;

const now = () => Date.now() + offset;
const moment = () => at ?? now();

// --- What a row is at a moment ------------------------------------------------------------------

function within(spans, when) {
  return spans.some(([start, end]) => (start === null || start <= when) && (end === null || when <= end));
}

// now, soon, later, or null for a plan whose time is over.
function groupOf(one, when) {
  if (RUNNING.has(one.state)) return "now";
  if (one.ends !== null && one.ends < when) return null;
  const spans = one.spans.length ? one.spans : [[one.starts, one.ends]];
  if (within(spans, when)) return "now";
  return spans.some(([start]) => start !== null && when < start && start <= when + SOON) ? "soon" : "later";
}

function countOf(one, when) {
  if (!RUNNING.has(one.state) && one.starts !== null && one.starts > when) return [words.begins, span((one.starts - when) / 1000)];
  if (one.ends === null) return [words.noEnd, ""];
  return [one.ends >= when ? words.ends : words.overdue, span((one.ends - when) / 1000)];
}

function labelOf(one, when) {
  const lines = [`${SIGNS[one.owner]} ${STATES[one.state] ?? ""} ${one.name}`, one.levels];
  if (one.state === "nonconforming" || one.state === "contingent") lines.push(words[one.state]);
  else if (one.state === "planned" && one.starts !== null && one.starts > when) {
    const minutes = Math.ceil((one.starts - when) / MINUTE);
    const rest = String(minutes % 60).padStart(2, "0");
    lines.push(minutes < 60 ? `+${minutes} ${words.min}` : `+${Math.floor(minutes / 60)} ${words.hour} ${rest} ${words.min}`);
  } else if (one.ends !== null) lines.push(`→ ${new Date(one.ends).toISOString().slice(11, 16)}Z`);
  return lines;
}

// --- Showing ----------------------------------------------------------------------------------

const groups = Object.fromEntries([...list.querySelectorAll("[data-group]")].map((section) => [
  section.dataset.group,
  { list: section.querySelector("ol"), number: section.querySelector(".number"), nothing: section.querySelector(".nothing"), name: section.querySelector(".name") },
]));

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function count(row, when) {
  const [word, left] = countOf(row.data, when);
  if (row.said[0] !== word) row.word.textContent = row.said[0] = word;
  if (row.said[1] !== left) row.left.textContent = row.said[1] = left;
}

// Put each row where it belongs at the moment, and move none that is there already.
function arrange(when) {
  const members = { now: [], soon: [], later: [] };
  for (const row of rows.values()) {
    row.group = groupOf(row.data, when);
    if (row.group === null) row.element.remove();
    else members[row.group].push(row);
  }
  for (const [name, group] of Object.entries(groups)) {
    members[name].sort((a, b) => (a.data.starts ?? 0) - (b.data.starts ?? 0) || (a.data.id < b.data.id ? -1 : 1));
    let next = group.list.firstElementChild;
    for (const row of members[name]) {
      if (row.element === next) next = next.nextElementSibling;
      else group.list.insertBefore(row.element, next);
    }
    while (next !== null) {
      const after = next.nextElementSibling;
      if (!rows.has(next.dataset.key)) next.remove();
      next = after;
    }
    setText(group.number, String(members[name].length));
    group.nothing.hidden = members[name].length > 0;
  }
}

function drawAreas(when) {
  if (layer === null) return;
  const shown = [...rows.values()].filter((row) => row.group !== null && row.data.areas.length > 0);
  // The later ones lie below: what is in use is drawn last, but gets its label first.
  const order = { now: 0, soon: 1, later: 2 };
  shown.sort((a, b) => order[a.group] - order[b.group]);
  layer.set(shown.map(({ data, group }) => ({
    id: data.id, owner: data.owner, state: data.state, phase: group, label: labelOf(data, when), areas: data.areas,
  })));
  layer.setConflicts(found.conflicts
    .filter((one) => rows.get(one.one)?.group && rows.get(one.other)?.group && (one.until === null || one.until >= when))
    .map((one) => one.area));
}

function showMoment(when) {
  const text = new Date(when).toISOString();
  const time = document.querySelector("#moment time");
  time.dateTime = text;
  const shown = `${text.slice(0, 10)} ${text.slice(11, 16)}Z`;
  setText(time, shown);
  setText(document.getElementById("local"), `(${new Date(when).toTimeString().slice(0, 5)})`);
  setText(document.getElementById("sort"), at === null ? words.liveWord : when < now() ? words.past : words.ahead);
  setText(groups.now.name, at === null ? words.groupNow : words.groupThen);
  root.classList.toggle("then", at !== null);
  document.getElementById("now").classList.toggle("main", at === null);
  const minutes = Math.round((when - now()) / MINUTE);
  if (document.activeElement !== slider || playing !== null) slider.value = String(minutes);
  slider.setAttribute("aria-valuetext", shown);
}

let drawnGroups = "";
function show({ all = true } = {}) {
  const when = moment();
  showMoment(when);
  if (all) arrange(when);
  for (const row of rows.values()) if (row.group !== null) count(row, when);
  if (all) drawAreas(when);
}

// Each second: counts; and everything, where one has begun or ended, or a label's minute is over.
function beat() {
  if (at !== null) { showMoment(at); return; }
  const when = moment();
  const key = `${Math.floor(when / MINUTE)} ${[...rows.values()].map((row) => groupOf(row.data, when)).join()}`;
  show({ all: key !== drawnGroups });
  drawnGroups = key;
}

// --- Choosing ---------------------------------------------------------------------------------

function elementOf(html) {
  parser.innerHTML = html;
  return parser.content.firstElementChild;
}

function adopt(element, data) {
  const count_ = element.querySelector(".count");
  const [word, left] = [document.createElement("span"), document.createElement("span")];
  left.dir = "ltr";
  count_.replaceChildren(word, " ", left);
  local(element);
  const links = [...element.querySelectorAll("a")];
  for (const link of links) link.tabIndex = -1;
  const row = { data, element, word, left, links, said: ["", ""], pick: element.querySelector(".pick"), group: null };
  if (data.id === selected) reach(row, true);
  return row;
}

// Only the chosen row is reached by Tab; arrow keys lead to the others.
function reach(row, on) {
  row.element.classList.toggle("chosen", on);
  if (on) row.pick.setAttribute("aria-current", "true");
  else row.pick.removeAttribute("aria-current");
}

let entry = null;
function entrance() {
  const chosen = rows.get(selected);
  const first = list.querySelector(".activity");
  const next = chosen?.element.isConnected ? chosen : rows.get(first?.dataset.key) ?? null;
  if (next === entry) return;
  for (const link of entry?.links ?? []) link.tabIndex = -1;
  for (const link of next?.links ?? []) link.tabIndex = 0;
  entry = next;
}

function choose(id, { scroll = true, pan = true } = {}) {
  if (rows.has(selected)) reach(rows.get(selected), false);
  selected = id;
  const row = rows.get(id);
  if (row !== undefined) {
    reach(row, true);
    if (scroll) row.element.scrollIntoView({ block: "nearest" });
  }
  layer?.select(id);
  if (pan && row !== undefined) layer?.show(id);
  entrance();
  keepPlace();
}

let keeping = null;
function keepPlace() {
  keeping ??= setTimeout(() => {
    keeping = null;
    const kept = new URLSearchParams();
    if (at !== null) kept.set("at", new Date(at).toISOString().replace(/:\d\d\.\d+Z$/, ":00Z"));
    if (map !== null) {
      kept.set("zoom", String(map.getZoom()));
      const { lat, lng } = map.getCenter();
      kept.set("centre", `${lat.toFixed(4)},${lng.toFixed(4)}`);
    }
    if (selected !== null && selected !== "") kept.set("sel", selected);
    const text = kept.toString();
    history.replaceState(null, "", text ? `?${text}` : location.pathname);
  }, 300);
}

list.addEventListener("click", (event) => {
  const link = event.target.closest("a.pick, a.to");
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link !== null) {
    event.preventDefault();
    const id = link.dataset.to ?? link.closest(".activity").dataset.key;
    choose(id);
    if (link.dataset.to !== undefined) rows.get(id)?.pick.focus({ preventScroll: true });
    return;
  }
  const element = event.target.closest(".activity");
  if (element !== null && event.target.closest("a") === null) choose(element.dataset.key, { scroll: false });
});

list.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
  const here = event.target.closest(".activity");
  if (step === undefined || here === null || event.altKey || event.ctrlKey || event.metaKey) return;
  const all = [...list.querySelectorAll(".activity")];
  const next = all[Math.min(all.length - 1, Math.max(0, all.indexOf(here) + step))];
  event.preventDefault();
  choose(next.dataset.key);
  rows.get(next.dataset.key)?.pick.focus({ preventScroll: true });
});

root.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && selected !== null) choose(null);
});

// --- Asking the node ----------------------------------------------------------------------------

function take(answer) {
  found = answer;
  if (answer.live) offset = Date.parse(answer.known) - Date.now();
  const before = rows;
  const elements = new Map(before.size ? [] : [...list.querySelectorAll(".activity")].map((one) => [one.dataset.key, one]));
  rows = new Map();
  for (const data of answer.rows) {
    const old = before.get(data.id);
    if (data.html === undefined) { rows.set(data.id, old); continue; }
    const there = old?.element ?? elements.get(data.id);
    if (old === undefined && there?.dataset.version === data.version) {
      rows.set(data.id, adopt(there, data));
      continue;
    }
    const element = elementOf(data.html);
    const focused = there?.contains(document.activeElement);
    there?.replaceWith(element);
    rows.set(data.id, adopt(element, data));
    if (focused) element.querySelector(".pick").focus({ preventScroll: true });
  }
  for (const [id, row] of before) if (!rows.has(id)) row.element.remove();
  document.getElementById("unfinished").hidden = answer.whole;
  list.classList.toggle("many", rows.size > 60);
  show();
  if (selected !== null) layer?.select(selected);
  entrance();
}

const known = () => Object.fromEntries([...rows.values()].map(({ data }) => [data.id, data.version]));

let asking = false; // whether a request is on its way
let wanted = false; // something has happened meanwhile
let lastAsked = 0;
async function renew() {
  if (asking) { wanted = true; return; }
  wanted = false;
  const asked = at;
  asking = true;
  lastAsked = performance.now();
  try {
    const answer = await post("/picture/data", {
      at: asked === null ? "" : new Date(asked).toISOString(),
      known: known(),
    });
    if (answer.ok) {
      const said = await answer.json();
      if (asked === at) take(said);
    }
  } catch { /* the frame says that the node is lost */ }
  asking = false;
  root.classList.remove("waiting");
  if (wanted || asked !== at) soon();
}

let waiting = null;
function soon(delay = 0) {
  if (waiting !== null) return;
  const since = performance.now() - lastAsked;
  waiting = setTimeout(() => { waiting = null; renew(); }, Math.max(delay, APART_MS - since, 0));
}

// --- Moving in time -----------------------------------------------------------------------------

let later = null;
function go(when) {
  at = when;
  show();
  entrance();
  keepPlace();
  root.classList.add("waiting");
  clearTimeout(later);
  later = setTimeout(renew, FETCH_AFTER_MS);
}

const toStep = (when) => Math.round(when / STEP) * STEP;

slider.addEventListener("input", () => {
  const minutes = Number(slider.value);
  go(minutes === 0 ? null : toStep(now() + minutes * MINUTE));
});
document.getElementById("now").addEventListener("click", (event) => { event.preventDefault(); stop(); go(null); });
for (const link of document.querySelectorAll("[data-step]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    go(toStep(moment() + Number(link.dataset.step) * MINUTE));
  });
}

// What somebody types is read by the console, as it would be without this script.
document.getElementById("time").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = document.getElementById("at");
  const flaw = document.getElementById("flaw");
  const answer = await post("/picture/data", { at: field.value, known: known() }).catch(() => null);
  if (answer === null || answer.status === 401) return;
  const said = await answer.json();
  flaw.hidden = answer.ok;
  field.setAttribute("aria-invalid", String(!answer.ok));
  if (!answer.ok) {
    flaw.textContent = `${said.message} ${said.hint}`;
    return;
  }
  stop();
  at = said.live ? null : Date.parse(said.at);
  field.value = "";
  take(said);
  keepPlace();
});

const play = document.getElementById("play");
let playing = null;
function stop() {
  clearInterval(playing);
  playing = null;
  play.setAttribute("aria-pressed", "false");
  setText(play, words.play);
}
play.addEventListener("click", () => {
  if (playing !== null) { stop(); return; }
  play.setAttribute("aria-pressed", "true");
  setText(play, words.pause);
  playing = setInterval(() => {
    const next = toStep(moment()) + STEP;
    if (next > now() + 24 * HOUR) stop();
    else go(next);
  }, PLAY_MS);
});

// --- Beginning ----------------------------------------------------------------------------------

// The map and the list end where the window does, however much stands above them.
function fill() {
  root.style.setProperty("--above", `${Math.round(root.querySelector(".sides").getBoundingClientRect().top + scrollY)}px`);
}

async function begin() {
  new ResizeObserver(fill).observe(document.querySelector("header"));
  new ResizeObserver(fill).observe(root.querySelector(".moment"));
  document.getElementById("through").hidden = false;
  play.hidden = false;
  const element = document.getElementById("map");
  const [first] = await Promise.all([
    fetch(`/picture/data${at === null ? "" : `?at=${encodeURIComponent(words.at)}`}`).then((answer) => (answer.ok ? answer.json() : null)),
    drawMap(element, { words: { zoomIn: words.zoomIn, zoomOut: words.zoomOut } }).then((made) => { map = made; }),
  ]);
  layer = activities(map, { onSelect: (id) => choose(id, { pan: false }) });
  const zoom = Number(place.get("zoom"));
  const centre = (place.get("centre") ?? "").split(",").map(Number);
  const placed = zoom > 0 && centre.length === 2 && centre.every(Number.isFinite);
  if (placed) map.setView(centre, zoom, { animate: false });
  if (first !== null) take(first);
  if (!placed) layer.fit();
  if (selected !== null) choose(selected, { pan: !placed });
  const fit = document.getElementById("fit");
  fit.hidden = false;
  fit.addEventListener("click", () => layer.fit());
  map.on("moveend", keepPlace);
  for (const kind of ["open", "message", "relation", "compared", "receipt", "exercise", "found"]) on(kind, () => soon());
  setInterval(beat, 1000);
  setInterval(() => soon(), AGAIN_MS);
  root.dataset.ready = "1";
}

begin();
