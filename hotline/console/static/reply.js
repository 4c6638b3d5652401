// Answering: what is typed is kept in this browser until it is signed; areas can be drawn.

import { activities, drawing, drawMap } from "./map.js";

const form = document.querySelector("form[data-keep]");

// --- What is typed outlives a reload and the end of a session -----------------------------------

const TYPED = "input:not([type=hidden]), textarea, select";

function kept() {
  return `hotline ${form.dataset.keep}`;
}

function keep() {
  const fields = [...form.querySelectorAll(TYPED)].filter((one) => one.name && one.name !== "drawing").map((one) =>
    [one.name, one.type === "radio" || one.type === "checkbox" ? [one.value, one.checked] : one.value]);
  try {
    sessionStorage.setItem(kept(), JSON.stringify({ fields, place: location.pathname + location.search }));
  } catch { /* a full store keeps what it had */ }
}

function restore() {
  const stored = sessionStorage.getItem(kept());
  if (stored === null) return;
  const { fields, place } = JSON.parse(stored);
  // Whoever comes back from the login stands on the bare address: what was read back is in the other.
  if (location.search === "" && place.startsWith(`${location.pathname}?`)) {
    location.replace(place);
    return;
  }
  let changed = false;
  for (const [name, value] of fields) {
    for (const one of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (Array.isArray(value)) {
        if (one.value !== value[0] || one.checked === value[1] || one.disabled) continue;
        one.checked = value[1];
      } else {
        if (one.value === value || one.type === "hidden") continue;
        one.value = value;
      }
      changed = true;
    }
  }
  document.getElementById("restored")?.toggleAttribute("hidden", !changed);
}

if (form !== null) {
  if (form.hasAttribute("data-fresh")) restore();
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  form.addEventListener("submit", keep);
}

window.addEventListener("session-ended", () => document.getElementById("ended")?.removeAttribute("hidden"));

document.querySelector("a[data-back]")?.addEventListener("click", (event) => {
  event.preventDefault();
  history.back();
});

// --- A position, chosen on a map that says nothing of the notice ----------------------------------

const pointMap = document.getElementById("point-map");
if (pointMap !== null) {
  pointMap.hidden = false;
  const area = document.getElementById("area");
  const sketch = drawing(await drawMap(pointMap), {
    kind: "polygon",
    onChange: ({ points }) => {
      if (points.length === 0) return;
      const last = points.at(-1);
      sketch.set({ kind: "polygon", points: [last] });
      area.value = `${last[0].toFixed(4)} ${last[1].toFixed(4)}`;
      keep();
    },
  });
}

// --- A proposal, drawn or typed -------------------------------------------------------------------

const sketchMap = document.getElementById("sketch-map");

function points(text) {
  const found = [];
  for (const line of text.split("\n")) {
    const match = /^\s*(-?\d+(?:\.\d+)?)[\s,;]+(-?\d+(?:\.\d+)?)\s*$/.exec(line);
    if (match !== null) found.push([Number(match[1]), Number(match[2])]);
  }
  return found;
}

async function draw() {
  sketchMap.hidden = false;
  const map = await drawMap(sketchMap);
  const layer = activities(map);
  const answer = await fetch(sketchMap.dataset.map, { headers: { Accept: "application/json" } });
  if (answer.ok) {
    const shown = await answer.json();
    layer.set(shown.items);
    layer.fit();
  }
  let sketch = null;

  const field = (volume, name) => document.getElementById(`p${volume}_${name}`);
  const shapeOf = (volume) => {
    const kind = field(volume, "shape").value;
    const given = points(field(volume, "points").value);
    const sizeM = Number(field(volume, "size").value.replace(",", ".")) * 1000 || 0;
    if (kind === "circle") return { kind, centre: given[0] ?? null, radiusM: sizeM };
    return kind === "corridor" ? { kind, points: given, widthM: sizeM || 5000 } : { kind, points: given };
  };
  const begin = (volume) => {
    sketch?.stop();
    const shape = shapeOf(volume);
    sketch = drawing(map, {
      kind: shape.kind,
      widthM: shape.widthM ?? 5000,
      onChange: (drawn) => {
        const corners = drawn.kind === "circle" ? (drawn.centre ? [drawn.centre] : []) : drawn.points;
        field(volume, "points").value = corners.map(([lat, lng]) => `${lat} ${lng}`).join("\n");
        const sizeM = drawn.kind === "circle" ? drawn.radiusM : drawn.kind === "corridor" ? drawn.widthM : 0;
        if (sizeM > 0) field(volume, "size").value = String(sizeM / 1000);
        keep();
      },
    });
    sketch.set(shape);
  };

  for (const holder of document.querySelectorAll(".volume-form")) {
    const { volume } = holder.dataset;
    holder.querySelector(".draw").hidden = false;
    const chosen = holder.querySelector("[name=drawing]");
    const take = () => { chosen.checked = true; begin(volume); };
    chosen.addEventListener("change", take);
    for (const button of holder.querySelectorAll("[data-sketch]")) {
      button.addEventListener("click", () => {
        if (!chosen.checked) take();
        sketch[button.dataset.sketch]();
      });
    }
    for (const name of ["shape", "points", "size"]) {
      field(volume, name).addEventListener("change", () => { if (chosen.checked) begin(volume); });
    }
  }
  const first = document.querySelector("[name=drawing]");
  if (first !== null) { first.checked = true; begin(first.value); }
}

const proposal = document.getElementById("proposal");
if (proposal !== null && sketchMap !== null) {
  const counter = document.querySelector("input[name=answer][value=counter]");
  let drawn = false;
  const once = async () => { if (proposal.open && !drawn) { drawn = true; await draw(); } };
  proposal.addEventListener("toggle", once);
  counter?.addEventListener("change", () => { if (counter.checked) proposal.open = true; });
  if (counter?.checked) proposal.open = true;
  await once();
}
