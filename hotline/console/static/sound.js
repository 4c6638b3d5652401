// What is heard: nothing until somebody arms it, since browsers let no page sound by itself.

const KEPT = "hotline-sound";
const EVERY_MS = { alarm: 2000, lost: 4000 };
let context = null;
let current = "";
let lastAt = -Infinity;

export function armed() {
  return context !== null && context.state === "running";
}

// Whether somebody has armed the sound in this tab, on this page or one before it.
export function wanted() {
  return sessionStorage.getItem(KEPT) === "armed";
}

export async function arm() {
  sessionStorage.setItem(KEPT, "armed");
  context ??= new AudioContext();
  await context.resume();
}

// After a change of page: some browsers let a page of the same host go on sounding, others want a
// touch or a key again. Until then the banner says that the sound is off.
export function rearm() {
  if (!wanted()) return;
  const again = () => { if (wanted() && !armed()) arm().catch(() => null); };
  again();
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, again, { capture: true });
}

function beep(at, hertz, seconds) {
  const tone = context.createOscillator();
  const loud = context.createGain();
  tone.frequency.value = hertz;
  loud.gain.setValueAtTime(0.0001, at);
  loud.gain.exponentialRampToValueAtTime(0.3, at + 0.02);
  loud.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
  tone.connect(loud).connect(context.destination);
  tone.start(at);
  tone.stop(at + seconds);
}

// Asked twice a second. "alarm": two tones each two seconds; "lost": a low one each four; "" is
// silence. The page says in data-sounding what it sounds, and in data-beeps how often it has.
export function sound(kind) {
  const root = document.documentElement;
  if (kind !== current) { current = kind; lastAt = -Infinity; }
  root.dataset.sounding = kind;
  if (!kind || !armed() || performance.now() - lastAt < EVERY_MS[kind] - 100) return;
  lastAt = performance.now();
  const now = context.currentTime;
  if (kind === "alarm") { beep(now, 880, 0.18); beep(now + 0.25, 660, 0.18); } else beep(now, 220, 0.6);
  root.dataset.beeps = String(Number(root.dataset.beeps ?? 0) + 1);
}
