// Everything here makes the pages quicker; none of it is needed to read or to decide.
import { go, send, onArrival } from "./swap.js";
import { listen } from "./keys.js";
import { arrivedAtQueue } from "./queue.js";
import { arrivedAtConflict } from "./conflict.js";
import { arrivedAtBuilder } from "./builder.js";
import { arrivedAtNews } from "./news.js";
import { arrivedAtRuns } from "./progress.js";

const root = document.documentElement;
root.classList.add("js");

function nameTheme(theme) {
  const button = document.querySelector("[data-theme-button]");
  button.value = theme === "dark" ? "light" : "dark";
  button.textContent = theme === "dark" ? "Light" : "Dark";
}

function setTheme(theme) {
  root.dataset.theme = theme;
  nameTheme(theme);
}

const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("a[href]");
  if (event.target.closest("[data-dismiss]")) {
    event.target.closest("[data-flash]").remove();
  } else if (event.target.closest("[data-help]")) {
    document.getElementById("help").showModal();
    event.preventDefault();
  } else if (link && link.origin === location.origin && !link.target && !link.getAttribute("href").startsWith("#")) {
    event.preventDefault();
    go(link.href);
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || "native" in form.dataset) return;
  event.preventDefault();
  const button = event.submitter;
  if (button && button.matches("[data-theme-button]")) setTheme(isDark() ? "light" : "dark");
  const fields = new FormData(form, button);
  if (button && button.matches("[data-theme-button]")) {
    fields.set("theme", root.dataset.theme);
    fetch(form.action, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
    return;
  }
  const filled = new URLSearchParams([...fields].filter(([, value]) => value !== ""));
  if (form.method === "get") go(`${form.action.split("?")[0]}${filled.size ? `?${filled}` : ""}`, { words: form.dataset.slow });
  else send(form.action, new URLSearchParams(fields));
});

onArrival(() => {
  nameTheme(isDark() ? "dark" : "light");
  arrivedAtQueue();
  arrivedAtNews();
  arrivedAtConflict();
  arrivedAtBuilder();
  arrivedAtRuns();
});
listen();
