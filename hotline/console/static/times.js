// Times as people read them: local beside UTC, and what counts down or up.

const pad = (number) => String(number).padStart(2, "0");

// How a local time is marked that lies on another day than the UTC beside it, as timetables do it.
function otherDay(when) {
  const here = Date.UTC(when.getFullYear(), when.getMonth(), when.getDate());
  const there = Date.UTC(when.getUTCFullYear(), when.getUTCMonth(), when.getUTCDate());
  return here === there ? "" : here > there ? " +1" : " \u22121";
}

export function local(root = document) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
    if (time.id === "clock") continue;
    time.dataset.local = "1";
    const when = new Date(time.dateTime);
    if (Number.isNaN(when.getTime())) continue;
    const there = document.createElement("span");
    there.className = "local";
    there.textContent = ` (${pad(when.getHours())}:${pad(when.getMinutes())}${otherDay(when)})`;
    time.append(there);
  }
}

// 75 s is 1:15, 2 h are 2:00:00; what is over has a minus sign.
export function span(seconds) {
  const sign = seconds < 0 ? "−" : "";
  const whole = Math.floor(Math.abs(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${sign}${hours}:${pad(minutes)}:${pad(rest)}` : `${sign}${minutes}:${pad(rest)}`;
}

// The same with its units, as "15 min 18 s", where it could pass for a time of day; `units` are the
// words for hours, minutes and seconds, in one line.
export function spelled(seconds, units) {
  const [hour, minute, second] = units.split(" ");
  const whole = Math.floor(Math.abs(seconds));
  const parts = [[Math.floor(whole / 3600), hour], [Math.floor(whole / 60) % 60, minute], [whole % 60, second]];
  const first = Math.max(0, parts.findIndex(([figure]) => figure > 0));
  const said = parts.slice(whole ? first : 2).map(([figure, unit]) => `${figure}\u00a0${unit}`).join(" ");
  return seconds < 0 && whole ? `−${said}` : said;
}

// Elements with data-until="TIME" count down to it, those with data-units in words; those with
// data-since-s="SECONDS" count up.
export function tick(offsetMs) {
  const now = Date.now() + offsetMs;
  for (const element of document.querySelectorAll("[data-until]")) {
    const left = (Date.parse(element.dataset.until) - now) / 1000;
    element.textContent = element.dataset.units ? spelled(left, element.dataset.units) : span(left);
    element.classList.toggle("over", left < 0);
  }
  for (const element of document.querySelectorAll("[data-since-s]")) {
    element.dataset.shownAt ??= String(performance.now());
    const since = Number(element.dataset.sinceS) + (performance.now() - Number(element.dataset.shownAt)) / 1000;
    element.textContent = since < 120 ? `${Math.floor(since)} s` : span(since);
  }
  const clock = document.getElementById("clock");
  if (clock !== null) clock.textContent = new Date(now).toISOString().slice(11, 19);
}
