import { onKey, click } from "./keys.js";
import { say } from "./swap.js";

const find = (selector) => document.querySelector(selector);
const figures = () => [...document.querySelectorAll(".side [data-statement]")].filter((one) => one.getClientRects().length);
let left = ""; // the statement whose article was opened: one comes back to it
const picked = () => find(".statement.picked");

function pick(figure) {
  picked()?.classList.remove("picked");
  figure.classList.add("picked");
  figure.focus({ preventScroll: true });
  figure.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = figures();
  if (!all.length) return false;
  const at = all.indexOf(picked());
  pick(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)]);
  return true;
}

function toggle(sheet, open = !sheet.open) {
  for (const other of document.querySelectorAll("[data-sheet], [data-correct]")) if (other !== sheet) other.open = false;
  sheet.open = open;
  if (open) {
    sheet.querySelector("textarea[required], input:not([type=hidden]), button")?.focus();
    sheet.scrollIntoView({ block: "nearest" });
  } else find(`[data-open="${sheet.id}"]`)?.focus();
}

const openSheet = () => find("[data-sheet][open], [data-correct][open]");

function correct(selector) {
  const figure = picked() ?? document.activeElement.closest("[data-statement]");
  if (!figure) {
    say("Choose a statement with j and k first.");
    return step(1);
  }
  const fold = figure.querySelector("[data-correct]");
  if (selector) return click(selector, Object.assign(fold, { open: true }));
  const moves = fold.querySelectorAll("[data-choice]");
  if (moves.length === 1) moves[0].click();
  else toggle(fold, true);
  return true;
}

onKey((key) => (key === "b" ? click("[data-back]") : false));

onKey((key) => {
  if (!find(".decide")) return false;
  const sheet = openSheet();
  if (key === "Escape" && sheet) {
    toggle(sheet, false);
    return true;
  }
  if (sheet && /^[1-9]$/.test(key)) return click(`[data-choice="${key}"]`, sheet);
  if (key === "j") return step(1);
  if (key === "k") return step(-1);
  if (key === "ArrowRight") return click("[data-next]");
  if (key === "ArrowLeft") return click("[data-previous]");
  if (key === "s") return correct("[data-split]");
  if (key === "m") return correct("");
  if (key === "o") return picked() ? click("[data-article]", picked()) : step(1);
  if (key === "n") {
    toggle(find("#note"), true);
    return true;
  }
  if (key === "g") {
    const twin = find("#twin");
    if (!twin.open) toggle(twin, true);
    else click("[data-merge]", twin);
    return true;
  }
  return false;
});

document.addEventListener("click", (event) => {
  if (event.target.closest(".article [data-back]") && history.state?.inside) {
    event.preventDefault();
    history.back();
  }
  const opened = event.target.closest(".side [data-article]");
  if (opened) left = opened.closest("[data-statement]")?.id ?? "";
  const opener = event.target.closest("[data-open]");
  if (opener) toggle(document.getElementById(opener.dataset.open));
  const figure = event.target.closest("[data-statement]");
  if (figure && figure.closest(".side") && !event.target.closest("a, summary, button")) {
    picked()?.classList.remove("picked");
    figure.classList.add("picked");
  }
});

export function arrivedAtConflict() {
  if (left && find(".decide")) {
    const figure = document.getElementById(left);
    left = "";
    if (figure) pick(figure);
  }
  for (const sheet of document.querySelectorAll("[data-sheet]")) {
    const opener = find(`[data-open="${sheet.id}"]`);
    sheet.addEventListener("toggle", () => {
      opener?.setAttribute("aria-expanded", String(sheet.open));
    });
    sheet.querySelector("summary").addEventListener("click", () => {
      setTimeout(() => sheet.open && sheet.querySelector("textarea[required]")?.focus());
    });
  }
  for (const area of document.querySelectorAll("textarea[data-submits]")) {
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) area.form.requestSubmit();
    });
  }
}
