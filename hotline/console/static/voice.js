// What is written down is kept in this browser until the node has it.

const form = document.getElementById("hearing");
const key = `hotline.heard.${(form ?? document.getElementById("taken")).dataset.officer}`;

if (form === null) {
  localStorage.removeItem(key); // the node has it: this page is made from its record
} else {
  const text = form.elements.text;
  const kept = localStorage.getItem(key);
  // What the page came with has been sent once already.
  if (text.value === "" && kept) {
    text.value = kept;
    document.getElementById("kept").textContent = document.getElementById("voice-words").dataset.kept;
  }
  text.addEventListener("input", () => {
    try { localStorage.setItem(key, text.value); } catch { /* a full store keeps what it has */ }
  });
}
