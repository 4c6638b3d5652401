// Drawing on the map: what is drawn is written into the fields, and what is typed is drawn.

import { activities, drawMap, drawing } from "./map.js";

const METRES = { km: 1000, NM: 1852, m: 1 };

export async function sketchpad(form, element, tools, note, words) {
  const map = await drawMap(element);
  const others = activities(map);
  const own = activities(map);
  let sketch = null;
  let target = null;
  let points = {};
  let fitted = false;
  let writing = false;

  const field = (name) => form.elements.namedItem(name);
  const text = (places) => places.map(([lat, lng]) => `${lat.toFixed(5)} ${lng.toFixed(5)}`).join("\n");
  const write = (name, value) => {
    const input = field(name);
    if (input === null || input.value === value) return;
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const sizeM = (volume) => Number(field(`${volume}_size`).value.replace(",", ".")) * (METRES[field(`${volume}_size_unit`).value] ?? 1);

  const stop = () => {
    sketch?.stop();
    sketch = null;
    target = null;
    note.textContent = "";
    for (const name of ["undo", "clear", "stop"]) tools[name].disabled = true;
    for (const button of document.querySelectorAll("[data-draw]")) button.setAttribute("aria-pressed", "false");
  };

  const shapeOf = (name) => {
    if (name === "position") return { kind: "polygon", points: (points.position ?? []).slice(0, 1) };
    const kind = field(`${name}_shape`).value;
    const places = points[`${name}_points`] ?? [];
    const size = sizeM(name);
    if (kind === "circle") return { kind, centre: places[0] ?? null, radiusM: size > 0 ? size : 0 };
    return kind === "corridor" ? { kind, points: places, widthM: size > 0 ? size : 5000 } : { kind, points: places };
  };

  const drawn = (shape) => {
    writing = true;
    if (target === "position") {
      const last = shape.points.slice(-1);
      if (shape.points.length > 1) sketch.set({ kind: "polygon", points: last });
      write("position", text(last));
    } else if (shape.kind === "circle") {
      write(`${target}_points`, text(shape.centre === null ? [] : [shape.centre]));
      if (shape.radiusM > 0) {
        write(`${target}_size`, String(shape.radiusM / 1000));
        field(`${target}_size_unit`).value = "km";
      }
    } else {
      write(`${target}_points`, text(shape.points));
    }
    writing = false;
  };

  const begin = (name, button) => {
    const again = target === name;
    stop();
    if (again) return;
    target = name;
    const shape = shapeOf(name);
    sketch = drawing(map, { kind: shape.kind, widthM: shape.widthM, onChange: drawn });
    sketch.set(shape);
    sketch.fit();
    note.textContent = words.sketch;
    button.setAttribute("aria-pressed", "true");
    for (const key of ["undo", "clear", "stop"]) tools[key].disabled = false;
    element.scrollIntoView({ block: "nearest" });
  };

  tools.undo.addEventListener("click", () => sketch?.undo());
  tools.clear.addEventListener("click", () => sketch?.clear());
  tools.stop.addEventListener("click", stop);
  tools.fit.addEventListener("click", () => own.fit());
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && sketch !== null) stop(); });
  for (const button of document.querySelectorAll("[data-draw]")) {
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => begin(button.dataset.draw, button));
    button.disabled = false; // not before there is a map to draw on
  }
  tools.fit.disabled = false;
  form.addEventListener("change", (event) => {
    if (target !== null && event.target.name === `${target}_shape`) stop();
  });

  const around = async () => {
    const answer = await fetch("/picture/data").catch(() => null);
    if (answer === null || !answer.ok) return;
    const found = await answer.json();
    others.set((found.rows ?? []).map((row) => ({
      id: row.id, owner: row.owner, state: row.state, label: [row.name, row.levels], areas: row.areas,
    })));
  };
  around();
  setInterval(around, 15_000);

  return {
    // What the page has understood of the form.
    show(areas, understood) {
      points = understood;
      own.set(areas.map((one) => ({
        id: `v${one.volume}`, owner: "own", state: "activated",
        label: [`${one.volume + 1}`, one.levels].filter(Boolean), areas: [one.area],
      })));
      if (sketch !== null && !writing) sketch.set(shapeOf(target));
      if (!fitted && areas.length) {
        if (sketch === null) own.fit(); // a map that somebody draws on stays where it is
        fitted = true;
      }
    },
  };
}
