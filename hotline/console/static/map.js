// A map of this console: land, a graticule, and activities that say by fill, outline and word what
// they are. No tiles, no other host.
//
//     const map = await drawMap(element);
//     const layer = activities(map, { onSelect: (id) => ... });
//     layer.set([{ id, owner: "own" | "peer", state: "planned" | "activated" | "nonconforming" |
//                  "contingent", label: ["IAF-0001", "FL180-FL280", "+0:35"], areas: [GeoJSON, ...] }]);
//     layer.setConflicts([GeoJSON, ...]);
//     layer.select(id); layer.fit(); layer.fit(id); layer.show(id);
//     const sketch = drawing(map, { kind: "polygon" | "circle" | "corridor", onChange: (shape) => ... });
//     sketch.set(shape); sketch.undo(); sketch.clear(); sketch.stop();
//
// A shape is {kind: "polygon", points: [[lat, lng], ...]}, {kind: "circle", centre: [lat, lng],
// radiusM} or {kind: "corridor", points: [[lat, lng], ...], widthM}. Colours are the page's own, by
// the classes in map.css; nothing but a class says what something is, so a theme changes all of it.
// An activity may have a `phase` too (now, soon, later), which is another class. Of those that lie on
// each other the later in the list is on top; labels are given room in the order of the list.

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
  graticule(map);
  hatches();
  // Without the land the map still says what it has to say.
  const renderer = L.svg({ pane: "land", padding: 0.5 });
  await land().then((outlines) => outlines.coordinates.forEach((rings) => L.polygon(
    rings.map((ring) => ring.map(([lng, lat]) => [lat, lng])),
    { pane: "land", interactive: false, renderer, className: "map-land", weight: 1 },
  ).addTo(map))).catch(() => null);
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
function hatches() {
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
  document.body.append(holder);
}

const FILLED = new Set(["nonconforming", "contingent"]);
const MOST_LABELS = 80;
const LETTER_PX = 6.6;
const LINE_PX = 14;

// The rings of a geometry of GeoJSON as Leaflet has them: latitude first, one list a polygon.
function ringsOf(area) {
  const polygons = area.type === "Polygon" ? [area.coordinates] : area.type === "MultiPolygon" ? area.coordinates : [];
  return polygons.map((rings) => rings.map((ring) => ring.map(([lng, lat]) => [lat, lng])));
}

function pointsOf(area) {
  if (area.type === "Point") return [area.coordinates];
  return area.type === "MultiPoint" ? area.coordinates : [];
}

// The activities of a map; what stays the same from one `set` to the next is not drawn again.
export function activities(map, { onSelect = () => {} } = {}) {
  const shown = new Map();
  const labelled = new Map();
  const conflicts = { key: "", layers: [] };
  let selected = null;

  const draw = (one) => {
    const layers = [];
    const className = `map-area ${one.owner} ${one.state} ${one.phase ?? ""}`;
    const rings = one.areas.flatMap(ringsOf);
    if (rings.length) {
      layers.push(L.polygon(rings, { className, weight: 2, bubblingMouseEvents: false }));
      if (FILLED.has(one.state)) {
        layers.push(L.polygon(rings, { interactive: false, className: `map-fill-${one.state}-${one.owner}`, stroke: false }));
      }
    }
    for (const [lng, lat] of one.areas.flatMap(pointsOf)) {
      layers.push(L.circleMarker([lat, lng], { radius: 6, className, bubblingMouseEvents: false }));
    }
    const bounds = L.latLngBounds([]);
    for (const layer of layers) {
      layer.on("click", () => onSelect(one.id));
      layer.addTo(map);
      bounds.extend(layer.getBounds?.() ?? layer.getLatLng());
    }
    return { layers, bounds, areas: one.areas, look: lookOf(one), text: one.label ?? [], owner: one.owner };
  };

  // The same areas in another state or phase only look otherwise.
  const unchanged = (before, one) => before !== undefined && before.look === lookOf(one)
    && (before.areas === one.areas || JSON.stringify(before.areas) === JSON.stringify(one.areas));

  const write = (element, lines) => {
    const texts = lines.filter(Boolean);
    if (element.dataset.text === texts.join("\n")) return;
    element.dataset.text = texts.join("\n");
    element.setAttribute("aria-hidden", "true"); // the list beside the map says the same
    element.replaceChildren(...texts.map((line, index) => {
      const part = document.createElement(index === 0 ? "b" : "bdi");
      part.textContent = line;
      return part;
    }));
  };

  const mark = (id, on) => {
    const one = shown.get(id);
    for (const layer of one?.layers ?? []) {
      layer.getElement()?.classList.toggle("selected", on);
      if (on) layer.bringToFront();
    }
    labelled.get(id)?.getElement()?.classList.toggle("selected", on);
  };

  // Labels that would lie on others wait until there is room: the selected first, then as they come.
  const declutter = () => {
    const size = map.getSize();
    const taken = [];
    const keep = new Set();
    const chosen = selected !== null && shown.has(selected) ? [[selected, shown.get(selected)]] : [];
    for (const [id, one] of [...chosen, ...shown]) {
      if (keep.size >= MOST_LABELS) break;
      if (keep.has(id) || !one.text.length || !one.bounds.isValid()) continue;
      const at = map.latLngToContainerPoint(one.bounds.getCenter());
      if (at.x < 0 || at.y < 0 || at.x > size.x || at.y > size.y) continue;
      const texts = one.text.filter(Boolean);
      const wide = Math.max(...texts.map((line) => line.length)) * LETTER_PX / 2 + 10;
      const high = texts.length * LINE_PX / 2 + 4;
      const box = [at.x - wide, at.y - high, at.x + wide, at.y + high];
      if (taken.some((other) => box[2] > other[0] && box[0] < other[2] && box[3] > other[1] && box[1] < other[3])) continue;
      taken.push(box);
      keep.add(id);
    }
    for (const [id, marker] of labelled) {
      if (!keep.has(id)) { marker.remove(); labelled.delete(id); }
    }
    for (const id of keep) {
      const one = shown.get(id);
      let marker = labelled.get(id);
      if (marker === undefined) {
        marker = L.marker(one.bounds.getCenter(), {
          icon: L.divIcon({ className: `map-label ${one.owner}`, html: "", iconSize: null }), keyboard: false,
        });
        marker.on("click", () => onSelect(id));
        marker.addTo(map);
        labelled.set(id, marker);
        marker.getElement().classList.toggle("selected", id === selected);
      }
      write(marker.getElement(), one.text);
    }
  };
  map.on("moveend", declutter);

  const drop = (id) => {
    for (const layer of shown.get(id)?.layers ?? []) layer.remove();
    labelled.get(id)?.remove();
    labelled.delete(id);
    shown.delete(id);
  };

  return {
    set(list) {
      const ids = new Set(list.map((one) => one.id));
      for (const id of [...shown.keys()]) if (!ids.has(id)) drop(id);
      let marked = false;
      for (const one of list) {
        const before = shown.get(one.id);
        if (unchanged(before, one)) {
          before.text = one.label ?? [];
          continue;
        }
        if (before !== undefined) drop(one.id);
        shown.set(one.id, draw(one));
        marked ||= one.id === selected;
      }
      // Labels are given room in this order, whenever something was first drawn.
      for (const one of list) {
        const kept = shown.get(one.id);
        shown.delete(one.id);
        shown.set(one.id, kept);
      }
      if (marked) mark(selected, true);
      declutter();
    },
    setConflicts(areas) {
      const key = JSON.stringify(areas);
      if (key === conflicts.key) return;
      conflicts.key = key;
      for (const layer of conflicts.layers) layer.remove();
      const rings = areas.flatMap(ringsOf);
      conflicts.layers = rings.length === 0 ? [] : ["map-conflict", "map-conflict across"].map((className) =>
        L.polygon(rings, { pane: "conflicts", interactive: false, className, weight: 2 }).addTo(map));
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
      if (bounds.isValid()) map.fitBounds(bounds.pad(0.15), { animate: false, maxZoom: 10 });
    },
    // Move the map only as far as it takes to see one of them.
    show(id) {
      const bounds = shown.get(id)?.bounds;
      if (!bounds?.isValid() || map.getBounds().contains(bounds)) return;
      if (map.getBounds().intersects(bounds) && map.getBoundsZoom(bounds) < map.getZoom()) return;
      map.panTo(bounds.getCenter(), { animate: false });
    },
  };
}

function lookOf(one) {
  return `${one.owner} ${one.state} ${one.phase ?? ""}`;
}

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
