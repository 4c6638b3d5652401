// The second factor on paper, for whoever has no telephone at hand.
const button = document.getElementById("print");
if (button !== null) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
