// Tasks that came since somebody last looked here are marked as new, in word and colour.

import { on } from "./live.js";

const KEY = "hotline-tasks-seen";
const before = Number(localStorage.getItem(KEY) ?? -1);

function mark() {
  let newest = before;
  for (const task of document.querySelectorAll("#tasks [data-entry]")) {
    const entry = Number(task.dataset.entry);
    if (entry > before) task.querySelector(".new").hidden = false;
    newest = Math.max(newest, entry);
  }
  if (!document.hidden && document.getElementById("tasks") !== null) localStorage.setItem(KEY, String(newest));
}

on("renewed", mark);
mark();
