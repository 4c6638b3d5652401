// A map of this console: land, a graticule, and activities that say by fill, outline and word what
// they are. No tiles, no other host.
//
//     const map = await drawMap(element);
//     const layer = activities(map, { onSelect: (id) => ... });
//     layer.set([{ id, owner: "own" | "peer", state: "planned" | "activated" | "nonconforming" |
//                  "contingent", label: ["IAF-0001", "FL180-FL280", "+0:35"], areas: [GeoJSON, ...] }]);
//     layer.setConflicts([GeoJSON, ...]);
//     layer.select(id); layer.fit();
//     const sketch = drawing(map, { kind: "polygon" | "circle" | "corridor", onChange: (shape) => ... });
//     sketch.set(shape); sketch.undo(); sketch.clear(); sketch.stop();
//
// A shape is {kind: "polygon", points: [[lat, lng], ...]}, {kind: "circle", centre: [lat, lng],
// radiusM} or {kind: "corridor", points: [[lat, lng], ...], widthM}. Colours are the page's own, by
// the classes in map.css; nothing but a class says what something is, so a theme changes all of it.

import * as L from "/static/vendor/leaflet/leaflet-src.esm.js";
import { CREDIT, land } from "/static/land.js";

const REGION = [[31.0, 29.5], [37.5, 38.5]];
const STEPS = [30, 10, 5, 2, 1, 0.5, 0.25, 0.1];

// Make a map in an element that has a size; `words` are the labels of its buttons.
export async function drawMap(element, { bounds = REGION, words = {} } = {}) {
  const map = L.map(element, {
    zoomControl: false,
    attributionControl: false,
    worldCopyJump: true,
    minZoom: 2,
    maxZoom: 14,
    zoomSnap: 0.25,
    wheelPxPerZoomLevel: 120,
  });
  L.control.zoom({ zoomInTitle: words.zoomIn ?? "+", zoomOutTitle: words.zoomOut ?? "−" }).addTo(map);
  L.control.attribution({ prefix: false }).addAttribution(CREDIT).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
  map.createPane("land").style.zIndex = 200;
  map.createPane("graticule").style.zIndex = 250;
  map.createPane("conflicts").style.zIndex = 450;
  map.fitBounds(bounds);
  const outlines = await land();
  L.geoJSON(outlines, {
    pane: "land", interactive: false, renderer: L.svg({ pane: "land", padding: 1 }),
    style: { className: "map-land", weight: 1 },
  }).addTo(map);
  graticule(map);
  hatches(map);
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(element);
  return map;
}

// Lines of whole degrees, as many as there is room for, with their numbers at the edges.
function graticule(map) {
  const lines = L.layerGroup().addTo(map);
  const draw = () => {
    lines.clearLayers();
    const seen = map.getBounds();
    const wide = Math.max(seen.getEast() - seen.getWest(), 0.2);
    const step = STEPS.find((one) => wide / one >= 4) ?? STEPS.at(-1);
    const from = (low) => Math.ceil(low / step) * step;
    const line = (points, text, at, kind) => {
      L.polyline(points, { pane: "graticule", interactive: false, className: "map-graticule", weight: 0.5 }).addTo(lines);
      const icon = L.divIcon({ className: `map-degrees ${kind}`, html: "", iconSize: null });
      const marker = L.marker(at, { icon, interactive: false, keyboard: false, pane: "graticule" }).addTo(lines);
      marker.getElement().textContent = text;
      marker.getElement().setAttribute("aria-hidden", "true");
    };
    const digits = step < 0.5 ? 2 : step < 1 ? 1 : 0;
    for (let lng = from(seen.getWest()); lng <= seen.getEast(); lng += step) {
      const name = ((lng + 540) % 360) - 180;
      line([[-85, lng], [85, lng]], `${Math.abs(name).toFixed(digits)}°${name < 0 ? "W" : "E"}`, [seen.getSouth(), lng], "meridian");
    }
    for (let lat = from(Math.max(seen.getSouth(), -85)); lat <= Math.min(seen.getNorth(), 85); lat += step) {
      line([[lat, seen.getWest() - 90], [lat, seen.getEast() + 90]], `${Math.abs(lat).toFixed(digits)}°${lat < 0 ? "S" : "N"}`, [lat, seen.getWest()], "parallel");
    }
  };
  map.on("moveend", draw);
  draw();
}

const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Patterns that fills refer to: a state is told by its pattern too, not by its colour alone.
function hatches(map) {
  if (document.getElementById("map-patterns") !== null) return;
  const pattern = (id, size, angle, ...lines) =>
    svg("pattern", { id, width: size, height: size, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${angle})` }, ...lines);
  const stroke = (size, className) => svg("line", { x1: 0, y1: 0, x2: 0, y2: size, class: className });
  const defs = svg("defs", {},
    ...["own", "peer"].flatMap((owner) => [
      pattern(`map-nonconforming-${owner}`, 9, 90, stroke(9, `map-hatch ${owner}`)),
      pattern(`map-contingent-${owner}`, 9, 0, svg("circle", { cx: 4.5, cy: 4.5, r: 2, class: `map-dot ${owner}` })),
    ]),
    pattern("map-conflict", 8, 45, stroke(8, "map-hatch conflict")),
    pattern("map-conflict-across", 8, -45, stroke(8, "map-hatch conflict")));
  const holder = svg("svg", { id: "map-patterns", width: 0, height: 0, "aria-hidden": "true", class: "map-patterns" }, defs);
  map.getContainer().after(holder);
}

const FILLED = { nonconforming: true, contingent: true };

// The activities of a map; what stays the same from one `set` to the next is not drawn again.
export function activities(map, { onSelect = () => {} } = {}) {
  const shown = new Map();
  const conflicts = L.layerGroup().addTo(map);
  let selected = null;

  const draw = (one) => {
    const group = L.featureGroup();
    for (const area of one.areas) {
      L.geoJSON(area, {
        style: { className: `map-area ${one.owner} ${one.state}`, weight: 2 },
        pointToLayer: (_feature, at) => L.circleMarker(at, { radius: 5, className: `map-area ${one.owner} ${one.state}` }),
      }).addTo(group);
      if (FILLED[one.state]) {
        L.geoJSON(area, { interactive: false, style: { className: `map-fill-${one.state}-${one.owner}`, stroke: false } }).addTo(group);
      }
    }
    group.on("click", () => onSelect(one.id));
    const bounds = group.getBounds();
    let label = null;
    if (one.label?.length && bounds.isValid()) {
      label = L.marker(bounds.getCenter(), {
        icon: L.divIcon({ className: `map-label ${one.owner}`, html: "", iconSize: null }), keyboard: false,
      });
      label.on("click", () => onSelect(one.id));
      label.on("add", () => write(label, one.label));
      label.addTo(group);
    }
    group.addTo(map);
    return { group, label, bounds, key: keyOf(one), text: one.label };
  };

  const write = (label, lines) => {
    const element = label.getElement();
    if (element === null || element === undefined) return;
    element.setAttribute("aria-hidden", "true"); // the list beside the map says the same
    element.replaceChildren(...(lines ?? []).map((line, index) => {
      const part = document.createElement(index === 0 ? "b" : "span");
      part.textContent = line;
      return part;
    }));
  };

  const mark = (id, on) => {
    shown.get(id)?.group.eachLayer((layer) => {
      const elements = layer.getLayers ? layer.getLayers().map((part) => part.getElement?.()) : [layer.getElement?.()];
      for (const element of elements) element?.classList.toggle("selected", on);
    });
  };

  // Labels that would lie on others wait until there is room: the selected first, then as they come.
  const declutter = () => {
    const taken = [];
    const order = [...shown.entries()].sort(([a], [b]) => (b === selected) - (a === selected));
    for (const [, one] of order) {
      const element = one.label?.getElement();
      if (!element) continue;
      const at = map.latLngToContainerPoint(one.label.getLatLng());
      const box = [at.x - 50, at.y - 22, at.x + 50, at.y + 22];
      const free = taken.every((other) => box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3]);
      element.classList.toggle("crowded", !free);
      if (free) taken.push(box);
    }
  };
  map.on("zoomend moveend", declutter);

  return {
    set(list) {
      const ids = new Set(list.map((one) => one.id));
      for (const [id, one] of shown) {
        if (!ids.has(id)) { one.group.remove(); shown.delete(id); }
      }
      for (const one of list) {
        const before = shown.get(one.id);
        if (before !== undefined && before.key === keyOf(one)) {
          if (String(before.text) !== String(one.label) && before.label) write(before.label, one.label);
          before.text = one.label;
          continue;
        }
        before?.group.remove();
        shown.set(one.id, draw(one));
      }
      if (selected !== null) mark(selected, true);
      declutter();
    },
    setConflicts(areas) {
      conflicts.clearLayers();
      for (const area of areas) {
        for (const className of ["map-conflict", "map-conflict across"]) {
          L.geoJSON(area, { pane: "conflicts", interactive: false, style: { className, weight: 2 } }).addTo(conflicts);
        }
      }
    },
    select(id) {
      if (selected !== null) mark(selected, false);
      selected = id;
      if (id !== null) mark(id, true);
      declutter();
    },
    fit(id = null) {
      const bounds = L.latLngBounds([]);
      for (const [key, one] of shown) if ((id === null || key === id) && one.bounds.isValid()) bounds.extend(one.bounds);
      if (bounds.isValid()) map.fitBounds(bounds.pad(0.15), { animate: false });
    },
  };
}

function keyOf(one) {
  return JSON.stringify([one.owner, one.state, one.areas]);
}

const CORNER = { radius: 5, className: "map-corner" };

// A shape that is being drawn: each click is a corner (or the middle, then the edge, of a circle).
export function drawing(map, { kind, widthM = 5000, onChange = () => {} }) {
  const layer = L.layerGroup().addTo(map);
  let points = [];
  let radiusM = 0;
  let width = widthM;

  const shape = () => {
    if (kind === "circle") return { kind, centre: points[0] ?? null, radiusM };
    return kind === "corridor" ? { kind, points: [...points], widthM: width } : { kind, points: [...points] };
  };
  const draw = () => {
    layer.clearLayers();
    const options = { className: "map-sketch", weight: 2 };
    if (kind === "circle" && points.length && radiusM > 0) L.circle(points[0], { ...options, radius: radiusM }).addTo(layer);
    if (kind === "polygon" && points.length > 1) L.polygon(points, options).addTo(layer);
    if (kind === "corridor" && points.length > 1) L.polyline(points, options).addTo(layer);
    points.forEach((point, index) => {
      const corner = L.marker(point, {
        draggable: true, keyboard: false,
        icon: L.divIcon({ className: "map-corner", html: "", iconSize: [18, 18] }),
      });
      corner.on("drag", (event) => { points[index] = at(event.target.getLatLng()); });
      corner.on("dragend", () => { draw(); onChange(shape()); });
      corner.addTo(layer);
    });
  };
  const at = (latlng) => {
    const wrapped = latlng.wrap();
    return [Number(wrapped.lat.toFixed(5)), Number(wrapped.lng.toFixed(5))];
  };
  const click = (event) => {
    if (kind === "circle" && points.length) radiusM = Math.round(map.distance(points[0], event.latlng) / 100) * 100;
    else points.push(at(event.latlng));
    draw();
    onChange(shape());
  };
  map.on("click", click);
  map.getContainer().classList.add("sketching");

  return {
    set(given) {
      points = given.kind === "circle" ? (given.centre ? [given.centre] : []) : [...given.points];
      radiusM = given.radiusM ?? radiusM;
      width = given.widthM ?? width;
      draw();
    },
    undo() {
      if (kind === "circle" && radiusM > 0) radiusM = 0;
      else points.pop();
      draw();
      onChange(shape());
    },
    clear() {
      points = [];
      radiusM = 0;
      draw();
      onChange(shape());
    },
    fit() {
      if (points.length) map.fitBounds(L.latLngBounds(points).pad(0.5), { animate: false, maxZoom: 10 });
    },
    stop() {
      map.off("click", click);
      map.getContainer().classList.remove("sketching");
      layer.remove();
    },
  };
}
