// What is heard: nothing until somebody arms it, since browsers let no page sound by itself.

let context = null;
let timer = null;

export function armed() {
  return context !== null && context.state === "running";
}

export async function arm() {
  context ??= new AudioContext();
  await context.resume();
  sessionStorage.setItem("hotline-sound", "armed");
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

// "alarm": two tones each two seconds; "lost": one low tone each four; "" is silence.
export function sound(kind) {
  if (timer !== null && timer.kind === kind) return;
  if (timer !== null) { clearInterval(timer.id); timer = null; }
  document.documentElement.dataset.sounding = kind;
  if (!kind) return;
  const play = () => {
    if (!armed()) return;
    const now = context.currentTime;
    if (kind === "alarm") { beep(now, 880, 0.18); beep(now + 0.25, 660, 0.18); } else beep(now, 220, 0.6);
  };
  play();
  timer = { kind, id: setInterval(play, kind === "alarm" ? 2000 : 4000) };
}
