// The audit pages: a job is looked at each second until it has ended; a large export is streamed.

import { csrf } from "./frame.js";
import { renew } from "./live.js";

const job = document.getElementById("job");
if (job !== null && job.hasAttribute("data-watch")) {
  const timer = setInterval(async () => {
    await renew(job).catch(() => null);
    const state = job.querySelector("[data-state]")?.dataset.state;
    if (state !== "waiting" && state !== "running") {
      clearInterval(timer);
      job.removeAttribute("data-live");
      document.getElementById("cancel")?.remove();
    }
  }, 1000);
}

const form = document.getElementById("hand-in");
form?.addEventListener("submit", async (event) => {
  const [file] = form.elements.namedItem("export").files;
  if (file === undefined) return;
  event.preventDefault();
  const button = form.querySelector("button");
  const sending = document.getElementById("sending");
  const problem = document.getElementById("hand-in-problem");
  button.disabled = true;
  problem.hidden = true;
  sending.textContent = sending.dataset.text;
  sending.hidden = false;
  try {
    const answer = await fetch("/reconcile", {
      method: "POST",
      body: file,
      headers: { "Content-Type": "application/octet-stream", "Hotline-Form": csrf },
    });
    const told = await answer.json();
    if (answer.ok) {
      location.assign(told.see);
      return;
    }
    problem.textContent = [told.message, told.hint].filter(Boolean).join(" ");
  } catch (error) {
    problem.textContent = String(error.message ?? error);
  }
  problem.hidden = false;
  sending.hidden = true;
  button.disabled = false;
});
