// The keyboard of a desk: j and k move, Enter opens, / looks for something, ? says so.
const rows = () => [...document.querySelectorAll(".queue .line, .tickets .what a")];
const writing = (element) => element.closest("input, select, textarea, [contenteditable]");

function move(step) {
  const all = rows();
  const at = all.findIndex((row) => row === document.activeElement);
  const current = at >= 0 ? at : all.findIndex((row) => row.hasAttribute("aria-current"));
  const next = all[Math.min(Math.max(current + step, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && writing(event.target)) { event.target.blur(); return; }
  if (writing(event.target)) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "/") document.querySelector(".find input")?.focus();
  else if (event.key === "Enter" && event.target === document.body) {
    document.querySelector("[data-first] form button")?.click();
  } else return;
  event.preventDefault();
});
