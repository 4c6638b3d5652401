// One message: its map, which is drawn anew when something about the notice has happened.

import { activities, drawMap } from "./map.js";
import { on } from "./live.js";

// What was typed to answer is not needed any more once it is signed.
if (location.hash === "#answered") {
  const id = location.pathname.split("/")[2];
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith("hotline ") && key.includes(id)) sessionStorage.removeItem(key);
  }
}

const element = document.getElementById("map");

async function fill(layer) {
  const answer = await fetch(element.dataset.map, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const shown = await answer.json();
  layer.set(shown.items);
  layer.setConflicts(shown.conflicts);
  document.getElementById("undrawn").hidden = shown.items.every((one) => one.undrawn === 0);
}

if (element !== null) {
  const map = await drawMap(element);
  const layer = activities(map);
  await fill(layer);
  layer.fit();
  // A single point is shown with what lies around it.
  if (map.getZoom() > 10) map.setZoom(10, { animate: false });
  for (const kind of ["message", "relation"]) on(kind, () => fill(layer).catch(() => null));
}
