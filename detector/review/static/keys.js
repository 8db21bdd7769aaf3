// One letter, one act. Keys typed into a field stay there; Escape leaves it.
const handlers = [];

export function onKey(handler) {
  handlers.push(handler);
}

const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");

export function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (document.body.dataset.keys === "off") return;
    if (press(event.key)) event.preventDefault();
  });
}

function press(key) {
  if (handlers.some((handler) => handler(key))) return true;
  if (key === "?") document.getElementById("help").showModal();
  else if (key === "/") {
    const field = document.getElementById("search") ?? document.getElementById("claim");
    if (!field) return false;
    field.closest("details")?.setAttribute("open", "");
    field.focus();
    field.select();
  } else if (key === "Escape") document.querySelector("[data-flash]")?.remove();
  else if (/^[a-z]$/.test(key)) return click(`[data-key="${key}"]`);
  else return false;
  return true;
}

export function click(selector, within = document) {
  const found = [...within.querySelectorAll(selector)].find((one) => one.offsetParent !== null || one.getClientRects().length);
  found?.click();
  return Boolean(found);
}
