// A press of the button that signs is one press: the button rests until the page changes. What this
// browser kept of a draft goes when the draft has gone.

import { verdict } from "/static/compose_warning.js";

const words = document.querySelector("[data-short]")?.dataset;
if (words !== undefined) setInterval(() => verdict(words), 1000);

const form = document.getElementById("send");
form?.addEventListener("submit", (event) => {
  const button = event.submitter;
  setTimeout(() => {
    for (const one of form.querySelectorAll("button")) one.disabled = true;
    if (button !== null) button.setAttribute("aria-busy", "true");
  }, 0);
});
window.addEventListener("pageshow", () => {
  for (const one of form?.querySelectorAll("button") ?? []) one.disabled = false;
});
