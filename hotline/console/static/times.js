// Times as people read them: local beside UTC, and what counts down or up.

const pad = (number) => String(number).padStart(2, "0");

export function local(root = document) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
    if (time.id === "clock") continue;
    time.dataset.local = "1";
    const when = new Date(time.dateTime);
    if (Number.isNaN(when.getTime())) continue;
    const there = document.createElement("span");
    there.className = "local";
    there.textContent = ` (${pad(when.getHours())}:${pad(when.getMinutes())})`;
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

// Elements with data-until="TIME" count down to it; those with data-since-s="SECONDS" count up.
export function tick(offsetMs) {
  const now = Date.now() + offsetMs;
  for (const element of document.querySelectorAll("[data-until]")) {
    const left = (Date.parse(element.dataset.until) - now) / 1000;
    element.textContent = span(left);
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
