// Conveniences only: the page says everything without them.
"use strict";
const all = (selector) => Array.from(document.querySelectorAll(selector));
const tools = document.getElementById("tools");
const open = (wanted) => all("details").forEach((one) => { one.open = wanted; });
// A link into a closed part opens it.
const reveal = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
  target.scrollIntoView();
};
addEventListener("hashchange", reveal);
reveal();
// There are no tools where there is no timeline.
if (tools) {
  tools.hidden = false;
  document.getElementById("open-all").addEventListener("click", () => open(true));
  document.getElementById("close-all").addEventListener("click", () => open(false));
  const find = document.getElementById("find");
  const only = document.getElementById("only");
  const found = document.getElementById("found");
  const filter = () => {
    const words = find.value.trim().toLowerCase();
    let shown = 0;
    for (const page of all(".page")) {
      let left = 0;
      for (const row of page.querySelectorAll("tbody tr")) {
        const fits = (!only.checked || row.classList.contains("different")) &&
          row.textContent.toLowerCase().includes(words);
        row.hidden = !fits;
        left += fits;
      }
      page.hidden = left === 0;
      // What was looked for is in the table; the picture is of the whole page.
      if (left && (words || only.checked)) page.open = true;
      shown += left;
    }
    found.textContent = words || only.checked ? `${shown} found` : "";
  };
  find.addEventListener("input", filter);
  only.addEventListener("change", filter);
}
