// The brief is gone through step by step: a part can be ticked once all before it are.

const reading = document.getElementById("reading");
if (reading !== null) {
  const parts = [...reading.querySelectorAll(".brief .section")];
  const ticks = parts.map((part) => part.querySelector('input[type="checkbox"]'));
  const said = reading.querySelector('input[name="said"]');
  const go = reading.querySelector("button.assume");
  const follow = () => {
    let open = true;
    ticks.forEach((tick, at) => {
      if (tick === null) return;
      parts[at].classList.toggle("next", open && !tick.checked);
      tick.disabled = !open;
      open = open && tick.checked;
    });
    if (said !== null) said.disabled = !open;
    if (go !== null) go.disabled = !(open && said !== null && said.checked);
  };
  reading.addEventListener("change", (event) => {
    follow();
    const at = ticks.indexOf(event.target);
    if (at >= 0 && event.target.checked) (ticks[at + 1] ?? said)?.focus();
  });
  follow();
}
