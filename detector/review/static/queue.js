import { go } from "./swap.js";
import { onKey } from "./keys.js";

let opened = sessionStorage.getItem("opened");
let kept = null;
const wide = matchMedia("(min-width: 60rem)");
const links = () => [...document.querySelectorAll("[data-row] h2 a")];

function step(by) {
  const rows = links();
  if (!rows.length) return false;
  const at = rows.indexOf(document.activeElement.closest("[data-row]")?.querySelector("h2 a"));
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1);
  rows[next].focus({ preventScroll: true });
  rows[next].closest("li").scrollIntoView({ block: "nearest" });
  return true;
}

onKey((key) => {
  if (!document.querySelector("[data-row]")) return false;
  if (key === "j" || key === "ArrowDown") return step(1);
  if (key === "k" || key === "ArrowUp") return step(-1);
  return false;
});

export function arrivedAtQueue() {
  const fold = document.querySelector("[data-fold]");
  if (fold) {
    fold.open = kept ?? (wide.matches || fold.dataset.fold === "open");
    fold.querySelector("summary").addEventListener("click", () => (kept = !fold.open));
  }
  const shown = document.querySelector("[data-page-conflict]")?.dataset.pageConflict;
  if (shown) {
    opened = shown;
    sessionStorage.setItem("opened", shown);
  }
  const form = document.querySelector("form[data-live]");
  if (!form) return;
  if (opened && document.activeElement === document.body) {
    document.querySelector(`[data-row="${CSS.escape(opened)}"] h2 a`)?.focus({ preventScroll: true });
  }
  let waiting = 0;
  const refresh = () => {
    clearTimeout(waiting);
    if (!form.isConnected) return;
    const focused = document.activeElement?.name;
    const caret = document.activeElement?.selectionStart;
    const filled = [...new FormData(form)].filter(([, value]) => value !== "");
    go(`/${filled.length ? `?${new URLSearchParams(filled)}` : ""}`, { keepFocus: true }).then(() => {
      const again = document.querySelector("form[data-live]")?.elements[focused];
      if (!again || document.activeElement !== document.body) return;
      again.focus({ preventScroll: true });
      if (caret !== null && caret !== undefined && again.type === "search") again.setSelectionRange(caret, caret);
    });
  };
  form.addEventListener("change", (event) => event.target.type !== "search" && refresh());
  form.addEventListener("input", (event) => {
    if (event.target.type !== "search") return;
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 180);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.type === "search" && event.target.value) {
      event.target.value = "";
      refresh();
    }
  });
}
