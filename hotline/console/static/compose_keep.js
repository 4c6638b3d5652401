// Keeps what is typed: in this browser with every keystroke, at the node as soon as it answers.
//
// What the node has not got yet is marked; it goes there when the line, the node or the session is
// back. Where somebody else was quicker, both texts are shown, and nothing is chosen by itself.

import { csrf } from "./frame.js";
import { local } from "./times.js";
import { start } from "./live.js";

const SAVE_MS = 600;
const AGAIN_MS = 2000;
const LOOK_MS = 4000;

// Whether anybody has typed in a form since the page was made.
const touched = (form) => [...form.elements].some((one) => {
  if (one.name === "" || one.name === "csrf" || one.name === "version") return false;
  if (one.type === "checkbox" || one.type === "radio") return one.checked !== one.defaultChecked;
  if (one.options === undefined) return "defaultValue" in one && one.value !== one.defaultValue;
  const chosen = [...one.options].findIndex((option) => option.defaultSelected);
  return one.selectedIndex !== Math.max(chosen, 0);
});

export function keeper(root, form, words) {
  const early = touched(form); // quicker than this script came
  const { draft, officer } = root.dataset;
  const key = `hotline.draft.${officer}.${draft}`;
  const note = document.getElementById("keeping");
  const clash = document.getElementById("clash");
  let token = csrf;
  let version = Number(root.dataset.version);
  let changes = 0;      // counts what was typed, so that an answer knows whether it is still true
  let saved = 0;
  let saving = null;
  let timer = null;
  let state = "good";   // good, keeping (on its way), here (only in this browser), ended, clash, gone

  const fields = () => {
    const found = {};
    for (const [name, value] of new FormData(form)) if (name !== "csrf" && name !== "version" && name !== "do") found[name] = value;
    return found;
  };
  const forget = () => localStorage.removeItem(key);
  // What the node has is not left in a browser that others use too.
  const remember = () => {
    if (changes === saved) { forget(); return; }
    try {
      localStorage.setItem(key, JSON.stringify({ version, form: fields() }));
    } catch { /* a full store keeps what it has; the node has the rest */ }
  };
  const say = (kind, text, link = null) => {
    state = kind;
    note.className = `keeping ${kind}`;
    note.replaceChildren(text);
    if (link !== null) note.append(" ", link);
  };

  const ask = (address, body = null) => fetch(address, body === null ? {} : {
    method: "POST", body: JSON.stringify(body),
    headers: { "Hotline-Form": token, "Content-Type": "application/json" },
  });

  const ended = () => {
    const link = document.createElement("a");
    link.href = "/login?to=/compose";
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = words.login;
    say("ended", words.ended, link);
  };

  const filled = (text, name) => text.replace("{officer}", name);

  const shown = (answer) => {
    say("clash", "");
    clash.hidden = false;
    clash.querySelector("[data-clash-who]").textContent = filled(words.clash, answer.updated_by);
    const rows = answer.differences.map((texts) => {
      const row = document.createElement("tr");
      row.append(...texts.map((text, index) => {
        const cell = document.createElement(index === 0 ? "th" : "td");
        cell.textContent = text || "—";
        cell.dir = "auto";
        return cell;
      }));
      return row;
    });
    clash.querySelector("tbody").replaceChildren(...rows);
    clash.querySelector('[data-keep="mine"]').onclick = () => {
      version = answer.version;
      clash.hidden = true;
      changes += 1;
      say("keeping", words.keeping);
      save();
    };
    clash.querySelector('[data-keep="theirs"]').onclick = () => { forget(); location.reload(); };
    clash.scrollIntoView({ block: "nearest" });
  };

  // Save now; true when the node has all that was typed.
  const save = async () => {
    clearTimeout(timer);
    if (saving !== null) { await saving; if (changes === saved) return true; }
    if (state === "clash" || state === "gone") return false;
    saving = attempt();
    const done = await saving;
    saving = null;
    return done;
  };

  const attempt = async () => {
    const of = changes;
    let answer;
    try {
      answer = await ask(`/compose/${draft}/save`, { version, form: fields() });
    } catch {
      return later();
    }
    if (answer.status === 401) { ended(); return false; }
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) {
      version = told.version;
      form.elements.version.value = version;
      saved = of;
      if (changes === saved) say("good", words.kept);
      remember();
      return changes === saved;
    }
    if (answer.status === 409 && told.form !== undefined) { shown(told); return false; }
    if (told.code === "draft.unknown") { say("gone", words.gone); note.classList.add("ended"); return false; }
    if (told.code === "console.foreign-form") { ended(); return false; }
    return later();
  };

  const later = () => {
    say("here", words.here);
    timer = setTimeout(save, AGAIN_MS);
    return false;
  };

  // See whether the session lives, and whether somebody else has changed the draft.
  const look = async () => {
    if (state === "clash" || state === "gone" || saving !== null) return;
    let answer;
    try {
      answer = await ask(`/compose/${draft}/state`);
    } catch {
      return;
    }
    if (answer.status === 401) { ended(); return; }
    if (!answer.ok) return;
    const told = await answer.json().catch(() => null);
    if (told === null) return; // the page for logging in
    if (told.officer !== officer) { say("ended", filled(words.other, told.officer)); return; }
    if (told.csrf !== token) {
      token = told.csrf;
      for (const input of document.querySelectorAll('input[name="csrf"]')) input.value = token;
      start();
    }
    if (state === "ended") { say("keeping", words.keeping); changes += 1; }
    if (changes !== saved) { await save(); return; }
    if (told.version !== version && saving === null && changes === saved) {
      sessionStorage.setItem(`${key}.theirs`, told.updated_by);
      sessionStorage.setItem(`${key}.focus`, document.activeElement?.id ?? "");
      forget();
      location.reload();
    }
  };

  const typed = () => {
    changes += 1;
    remember();
    if (state === "good" || state === "keeping") say("keeping", words.keeping);
    clearTimeout(timer);
    timer = setTimeout(save, state === "ended" ? LOOK_MS : SAVE_MS);
  };

  // What this browser had and the node had not, when the page was left.
  const restore = async () => {
    const by = sessionStorage.getItem(`${key}.theirs`);
    if (by !== null) {
      sessionStorage.removeItem(`${key}.theirs`);
      say("good", filled(words.theirs, by));
      document.getElementById(sessionStorage.getItem(`${key}.focus`) ?? "")?.focus();
    }
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(key)); } catch { /* nothing that can be read */ }
    const now = fields();
    const had = kept?.form instanceof Object ? kept.form : now;
    const differing = Object.keys(had).filter((name) => had[name] !== now[name]);
    if (differing.length === 0) {
      if (early) typed(); else if (changes === saved) forget();
      return false;
    }
    version = kept.version;
    changes += 1;
    if (kept.form.volumes !== now.volumes) {
      // The form has other fields than this page: the node makes the page anew from it.
      const answer = await ask(`/compose/${draft}/save`, { version, form: kept.form }).catch(() => null);
      const told = answer === null ? {} : await answer.json().catch(() => ({}));
      if (answer?.ok) { forget(); location.reload(); return true; }
      if (told.form !== undefined) { shown(told); return true; }
    }
    for (const name of differing) {
      const element = form.elements.namedItem(name);
      if (element !== null) element.value = kept.form[name];
    }
    remember();
    if (await save()) say("good", words.restored);
    return true;
  };

  form.addEventListener("input", typed);
  form.addEventListener("submit", async (event) => {
    form.elements.version.value = version;
    if (changes === saved && saving === null) return; // what goes is what the node has
    event.preventDefault();
    const button = event.submitter;
    if (await save()) form.requestSubmit(button);
  });
  window.addEventListener("session-ended", ended);
  window.addEventListener("focus", look);
  window.addEventListener("pagehide", remember);
  setInterval(look, LOOK_MS);

  return { ask, fields, restore, changed: typed, local };
}
