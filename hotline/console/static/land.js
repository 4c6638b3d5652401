// Land outlines (Natural Earth, 1:50 m) out of TopoJSON: arcs of whole-number steps, each shared by
// its neighbours, are added up to longitudes and latitudes.

export const CREDIT = "Natural Earth";

// Return a GeoJSON MultiPolygon of all land.
export function decode(topology) {
  const [scaleX, scaleY] = topology.transform.scale;
  const [originX, originY] = topology.transform.translate;
  const arcs = topology.arcs.map((steps) => {
    let [x, y] = [0, 0];
    return steps.map(([dx, dy]) => {
      x += dx;
      y += dy;
      return [x * scaleX + originX, y * scaleY + originY];
    });
  });
  // A negative number is an arc walked backwards: -1 is arc 0.
  const ring = (numbers) => numbers.flatMap((number, index) => {
    const arc = number < 0 ? arcs[~number].toReversed() : arcs[number];
    return index === 0 ? arc : arc.slice(1);
  });
  const polygons = topology.objects.land.geometries.flatMap((one) =>
    (one.type === "Polygon" ? [one.arcs] : one.arcs).map((rings) => rings.map(ring)));
  return { type: "MultiPolygon", coordinates: polygons };
}

let asked = null;

// Fetch and decode the land, once a page.
export function land() {
  asked ??= fetch(new URL("./vendor/land/land-50m.json", import.meta.url)).then((answer) => answer.json()).then(decode);
  return asked;
}
