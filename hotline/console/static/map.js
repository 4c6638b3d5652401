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

import * as L from "./vendor/leaflet/leaflet-src.esm.js";
import { CREDIT, land } from "./land.js";

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
  L.control.zoom({ position: "topright", zoomInTitle: words.zoomIn ?? "+", zoomOutTitle: words.zoomOut ?? "−" }).addTo(map);
  L.control.attribution({ prefix: false }).addAttribution(CREDIT).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
  map.createPane("land").style.zIndex = 200;
  map.createPane("graticule").style.zIndex = 250;
  map.createPane("conflicts").style.zIndex = 450;
  map.fitBounds(bounds);
  graticule(map);
  hatches();
  // Without the land the map still says what it has to say.
  await land().then((outlines) => shore(map, outlines)).catch(() => null);
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(element);
  return map;
}

// The land around what is seen: what is far off is neither projected nor drawn.
function shore(map, outlines) {
  const layer = L.polygon([], {
    pane: "land", interactive: false, renderer: L.svg({ pane: "land", padding: 1 }), className: "map-land", weight: 1,
  }).addTo(map);
  const parts = outlines.coordinates.map((rings) => ({ rings, box: boxAround(rings[0]) }));
  let drawn = null;
  const draw = () => {
    const seen = map.getBounds();
    if (drawn !== null && drawn.contains(seen) && drawn.getEast() - drawn.getWest() < 8 * (seen.getEast() - seen.getWest())) return;
    drawn = seen.pad(1);
    const found = [];
    const shift = 360 * Math.round(seen.getCenter().lng / 360);
    for (const turn of [shift - 360, shift, shift + 360]) {
      const box = [drawn.getWest() - turn, drawn.getSouth(), drawn.getEast() - turn, drawn.getNorth()];
      for (const { rings, box: its } of parts) {
        if (its[0] > box[2] || its[2] < box[0] || its[1] > box[3] || its[3] < box[1]) continue;
        const cut = rings.map((ring) => within(ring, box)).filter((ring) => ring.length > 2);
        if (cut.length) found.push(cut.map((ring) => ring.map(([lng, lat]) => [lat, lng + turn])));
      }
    }
    layer.setLatLngs(found);
  };
  map.on("moveend", draw);
  draw();
}

function boxAround(ring) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of ring) {
    box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y);
  }
  return box;
}

// The part of a ring inside of a box, one side of the box after the other (Sutherland and Hodgman).
function within(ring, [west, south, east, north]) {
  let points = ring;
  for (const [axis, limit, sign] of [[0, west, 1], [0, east, -1], [1, south, 1], [1, north, -1]]) {
    const kept = [];
    let before = points.at(-1);
    for (const point of points) {
      const inside = sign * (point[axis] - limit) >= 0;
      if (inside !== sign * (before[axis] - limit) >= 0) {
        const share = (limit - before[axis]) / (point[axis] - before[axis]);
        kept.push([before[0] + share * (point[0] - before[0]), before[1] + share * (point[1] - before[1])]);
      }
      if (inside) kept.push(point);
      before = point;
    }
    points = kept;
    if (points.length === 0) break;
  }
  return points;
}

// Lines of whole degrees, as many as there is room for, with their numbers at the edges.
function graticule(map) {
  const lines = L.polyline([], { pane: "graticule", interactive: false, className: "map-graticule", weight: 0.5 }).addTo(map);
  const numbers = [];
  const draw = () => {
    const seen = map.getBounds();
    const wide = Math.max(seen.getEast() - seen.getWest(), 0.2);
    const step = STEPS.find((one) => wide / one >= 4) ?? STEPS.at(-1);
    const digits = step < 0.5 ? 2 : step < 1 ? 1 : 0;
    const from = (low) => Math.ceil(low / step) * step;
    const paths = [];
    const texts = [];
    for (let lng = from(seen.getWest()); lng <= seen.getEast(); lng += step) {
      const name = ((lng + 540) % 360) - 180;
      paths.push([[-85, lng], [85, lng]]);
      texts.push([[seen.getSouth(), lng], "meridian", `${Math.abs(name).toFixed(digits)}°${name < 0 ? "W" : "E"}`]);
    }
    for (let lat = from(Math.max(seen.getSouth(), -85)); lat <= Math.min(seen.getNorth(), 85); lat += step) {
      paths.push([[lat, seen.getWest() - 90], [lat, seen.getEast() + 90]]);
      texts.push([[lat, seen.getWest()], "parallel", `${Math.abs(lat).toFixed(digits)}°${lat < 0 ? "S" : "N"}`]);
    }
    lines.setLatLngs(paths);
    while (numbers.length > texts.length) numbers.pop().remove();
    texts.forEach(([at, kind, text], index) => {
      if (numbers[index] === undefined) {
        const icon = L.divIcon({ className: "map-degrees", html: "", iconSize: null });
        numbers[index] = L.marker(at, { icon, interactive: false, keyboard: false, pane: "graticule" }).addTo(map);
        numbers[index].getElement().setAttribute("aria-hidden", "true");
      }
      const element = numbers[index].setLatLng(at).getElement();
      element.classList.toggle("meridian", kind === "meridian");
      element.classList.toggle("parallel", kind === "parallel");
      element.textContent = text;
    });
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
const MOST_LABELS = 60;
const FEW_CORNERS = 400;
const LINE_PX = 14;
const LABELS_AFTER_MS = 120;

// The rings of a geometry of GeoJSON as Leaflet has them: latitude first, one list a polygon.
function ringsOf(area) {
  const polygons = area.type === "Polygon" ? [area.coordinates] : area.type === "MultiPolygon" ? area.coordinates : [];
  return polygons.map((rings) => rings.map((ring) => ring.map(([lng, lat]) => [lat, lng])));
}

function pointsOf(area) {
  if (area.type === "Point") return [area.coordinates];
  return area.type === "MultiPoint" ? area.coordinates : [];
}

// How wide a line of a label is, in pixels.
const FONT = '12px system-ui, "DejaVu Sans", "Noto Sans Hebrew", sans-serif';
const pen = document.createElement("canvas").getContext("2d");
const widths = new Map();
function widthOf(line, bold) {
  const key = `${bold ? "b" : ""} ${line}`;
  if (!widths.has(key)) {
    if (widths.size > 5000) widths.clear();
    pen.font = bold ? `bold ${FONT}` : FONT;
    widths.set(key, pen.measureText(line).width);
  }
  return widths.get(key);
}

// The activities of a map; what stays the same from one `set` to the next is not drawn again.
export function activities(map, { onSelect = () => {} } = {}) {
  const shown = new Map();
  const labelled = new Map();
  const conflicts = { key: "", layers: [] };
  let selected = null;

  const draw = (one) => {
    const layers = [];
    const className = `map-area ${lookOf(one)}`;
    const rings = one.areas.flatMap(ringsOf);
    // Cutting at the window's edge takes longer than drawing what has few corners.
    const noClip = rings.flat().reduce((sum, ring) => sum + ring.length, 0) < FEW_CORNERS;
    if (rings.length) {
      layers.push(L.polygon(rings, { className, weight: 2, noClip, bubblingMouseEvents: false }));
      if (FILLED.has(one.state)) {
        layers.push(L.polygon(rings, { interactive: false, className: `map-fill-${one.state}-${one.owner}`, stroke: false, noClip }));
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
    return { layers, bounds, areas: one.areas, look: lookOf(one), text: one.label ?? [], owner: one.owner, state: one.state };
  };

  const same = (before, one) => before !== undefined && before.owner === one.owner
    && FILLED.has(before.state) === FILLED.has(one.state) && (!FILLED.has(one.state) || before.state === one.state)
    && (before.areas === one.areas || JSON.stringify(before.areas) === JSON.stringify(one.areas));

  // The same areas in another state or phase only look otherwise.
  const restyle = (before, one) => {
    const look = lookOf(one);
    if (before.look === look) return;
    for (const layer of before.layers) {
      const { classList } = layer.getElement();
      if (!classList.contains("map-area")) continue;
      classList.remove(...before.look.split(" "));
      classList.add(...look.split(" "));
    }
    before.look = look;
    before.state = one.state;
  };

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

  // Where a label may lie: in the middle of an area that is large enough, else on a side of it.
  // With `edge` it may also be drawn in from the map's edge, which is too much to try for hundreds.
  const boxesOf = (one, at, edge) => {
    const texts = one.text.filter(Boolean);
    const wide = Math.max(...texts.map((line, index) => widthOf(line, index === 0))) / 2 + 9;
    const high = texts.length * LINE_PX / 2 + 4;
    const { x: west, y: south } = map.latLngToContainerPoint(one.bounds.getSouthWest());
    const { x: east, y: north } = map.latLngToContainerPoint(one.bounds.getNorthEast());
    const places = [[east + wide + 4, at.y], [west - wide - 4, at.y], [at.x, south + high + 4], [at.x, north - high - 4]];
    if (east - west > 3 * wide && south - north > 3 * high) places.unshift([at.x, at.y]);
    if (edge) {
      const { x: right, y: below } = map.getSize();
      const into = (middle, half, end) => (end < 2 * half ? end / 2 : Math.min(Math.max(middle, half + 2), end - half - 2));
      const further = [[at.x, south + 3 * high + 6], [at.x, north - 3 * high - 6]];
      places.push(...[...places, ...further].map(([x, y]) => [into(x, wide, right), into(y, high, below)]));
    }
    return places.map(([x, y]) => [x - wide, y - high, x + wide, y + high]);
  };
  const meet = (box, other) => box[2] > other[0] && box[0] < other[2] && box[3] > other[1] && box[1] < other[3];

  // Where buttons, scale and credit lie.
  const corners = () => {
    const { left, top } = map.getContainer().getBoundingClientRect();
    return [...map.getContainer().querySelectorAll(".leaflet-control")].map((control) => {
      const box = control.getBoundingClientRect();
      return [box.left - left, box.top - top, box.right - left, box.bottom - top];
    });
  };

  // Labels that would lie on others wait until there is room: the selected first, then as they come.
  const declutter = () => {
    const size = map.getSize();
    const taken = corners();
    const middles = new Map();
    for (const [id, one] of shown) {
      if (!one.bounds.isValid()) continue;
      const { x, y } = map.latLngToContainerPoint(one.bounds.getCenter());
      if (x < 0 || y < 0 || x > size.x || y > size.y) continue;
      const corner = map.latLngToContainerPoint(one.bounds.getNorthEast());
      const [wide, high] = [Math.max(6, (corner.x - x) * 0.7), Math.max(6, (y - corner.y) * 0.7)];
      middles.set(id, { x, y, box: [x - wide, y - high, x + wide, y + high] });
    }
    const few = middles.size <= MOST_LABELS / 2;
    const areas = [...middles];
    const keep = new Map();
    const chosen = selected !== null && shown.has(selected) ? [[selected, shown.get(selected)]] : [];
    for (const [id, one] of [...chosen, ...shown]) {
      if (keep.size >= MOST_LABELS) break;
      const at = middles.get(id);
      if (keep.has(id) || !one.text.length || at === undefined) continue;
      const inside = (box) => box[0] >= 0 && box[1] >= 0 && box[2] <= size.x && box[3] <= size.y;
      const free = boxesOf(one, at, few || id === selected).filter((box) => inside(box) && !taken.some((other) => meet(box, other)));
      let box = free.find((place) => !areas.some(([other, area]) => other !== id && meet(place, area.box)));
      if (box === undefined && (few || id === selected)) {
        const hidden = (place) => areas.filter(([other, area]) => other !== id && meet(place, area.box)).length;
        box = free.sort((one_, two) => hidden(one_) - hidden(two))[0];
      }
      if (box === undefined) continue;
      taken.push(box);
      keep.set(id, [(box[0] + box[2]) / 2 - at.x, (box[1] + box[3]) / 2 - at.y]);
    }
    for (const [id, marker] of labelled) {
      if (!keep.has(id)) { marker.remove(); labelled.delete(id); }
    }
    for (const [id, [across, down]] of keep) {
      const one = shown.get(id);
      let marker = labelled.get(id);
      if (marker === undefined) {
        marker = L.marker(one.bounds.getCenter(), {
          icon: L.divIcon({ className: `map-label ${one.owner}`, html: "", iconSize: [0, 0], iconAnchor: [0, 0] }), keyboard: false,
        });
        marker.on("click", () => onSelect(id));
        marker.addTo(map);
        labelled.set(id, marker);
        marker.getElement().append(document.createElement("div"));
        marker.getElement().classList.toggle("selected", id === selected);
      }
      const box = marker.getElement().firstElementChild;
      box.style.transform = `translate(-50%, -50%) translate(${across}px, ${down}px)`;
      write(box, one.text);
    }
  };
  // Labels may come a moment after what somebody has done; that itself shall not wait for them.
  let tidying = null;
  const tidy = () => {
    tidying ??= setTimeout(() => { tidying = null; declutter(); }, LABELS_AFTER_MS);
  };
  map.on("moveend", tidy);

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
        if (same(before, one)) {
          restyle(before, one);
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
      tidy();
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
      tidy();
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
  return [one.owner, one.state, one.phase].filter(Boolean).join(" ");
}

// A shape that is being drawn: each click is a corner (or the middle, then the edge, of a circle).
// Enter does the same at the middle of the map, Backspace takes the last one back.
export function drawing(map, { kind, widthM = 5000, onChange = () => {} }) {
  const layer = L.layerGroup().addTo(map);
  let points = [];
  let radiusM = 0;
  let width = widthM;
  let dragged = false;

  const shape = () => {
    if (kind === "circle") return { kind, centre: points[0] ?? null, radiusM };
    return kind === "corridor" ? { kind, points: [...points], widthM: width } : { kind, points: [...points] };
  };
  const draw = () => {
    layer.clearLayers();
    const options = { className: "map-sketch", weight: 2, interactive: false };
    if (kind === "circle" && points.length && radiusM > 0) L.circle(points[0], { ...options, radius: radiusM }).addTo(layer);
    if (kind === "polygon" && points.length > 1) L.polygon(points, options).addTo(layer);
    if (kind === "corridor" && points.length > 1) {
      // As wide on the map as it is on the ground, there where it begins.
      const [lat, lng] = points[0];
      const metres = map.distance([lat, lng], [lat, lng + 0.01]);
      const pixels = map.project([lat, lng + 0.01]).distanceTo(map.project([lat, lng]));
      L.polyline(points, { ...options, className: "map-sketch-band", weight: Math.max(4, width * pixels / metres), smoothFactor: 0 }).addTo(layer);
      L.polyline(points, { ...options, className: "map-sketch-line" }).addTo(layer);
    }
    points.forEach((point, index) => {
      const corner = L.marker(point, {
        draggable: true, keyboard: false,
        icon: L.divIcon({ className: "map-corner", html: "", iconSize: [24, 24] }),
      });
      corner.on("dragstart", () => { dragged = true; });
      corner.on("drag", (event) => { points[index] = at(event.target.getLatLng()); });
      corner.on("dragend", () => { dragged = false; draw(); onChange(shape()); });
      corner.addTo(layer);
    });
  };
  const at = (latlng) => {
    const wrapped = latlng.wrap();
    return [Number(wrapped.lat.toFixed(5)), Number(wrapped.lng.toFixed(5))];
  };
  const add = (latlng) => {
    if (kind === "circle" && points.length) radiusM = Math.round(map.distance(points[0], latlng) / 100) * 100;
    else points.push(at(latlng));
    draw();
    onChange(shape());
  };
  const undo = () => {
    if (kind === "circle" && radiusM > 0) radiusM = 0;
    else points.pop();
    draw();
    onChange(shape());
  };
  const click = (event) => add(event.latlng);
  // Without a mouse: arrow keys bring a place under the cross, Enter takes it, Backspace gives it back.
  const key = (event) => {
    if (event.target !== map.getContainer() || (event.key !== "Enter" && event.key !== "Backspace")) return;
    event.preventDefault();
    if (event.key === "Enter") add(map.getCenter());
    else undo();
  };
  map.on("click", click);
  map.on("zoomend", draw);
  map.doubleClickZoom.disable(); // two corners close to each other are two corners
  map.getContainer().addEventListener("keydown", key);
  map.getContainer().classList.add("sketching");

  return {
    // A corner under somebody's finger is not taken away, nor one that lies where it is to be.
    set(given) {
      const before = JSON.stringify([points, radiusM, width]);
      if (dragged) return;
      points = given.kind === "circle" ? (given.centre ? [given.centre] : []) : [...given.points];
      radiusM = given.radiusM ?? radiusM;
      width = given.widthM ?? width;
      if (JSON.stringify([points, radiusM, width]) !== before) draw();
    },
    undo,
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
      map.off("zoomend", draw);
      map.doubleClickZoom.enable();
      map.getContainer().removeEventListener("keydown", key);
      map.getContainer().classList.remove("sketching");
      layer.remove();
    },
  };
}
