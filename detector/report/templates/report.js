"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const list = document.getElementById("entries");
  const search = document.getElementById("search");
  if (!list || !search) return;
  const aside = document.getElementById("set-aside");
  const entries = [...document.querySelectorAll("#entries > .entry, #set-aside .entry")];
  const homes = new Map(entries.map((entry) => [entry, entry.parentElement]));
  const glance = document.getElementById("glance");
  const lines = new Map([...glance.children].map((line) => [line.dataset.entry, line]));
  const filters = [...document.querySelectorAll("select[data-filter]")];
  const sort = document.getElementById("sort");
  const found = document.getElementById("found");
  const clear = document.getElementById("clear");
  const nothing = document.getElementById("nothing");
  const keys = document.getElementById("keys");
  let keysOn = true;

  const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = new Map();
  const textOf = (entry) => {
    if (!texts.has(entry)) texts.set(entry, folded(entry.textContent));
    return texts.get(entry);
  };
  const several = new Set(["outlet", "decision"]);
  const fits = (entry, words) =>
    filters.every(({ value, dataset: { filter } }) =>
      !value || (several.has(filter) ? entry.dataset[filter].includes(` ${value} `) : entry.dataset[filter] === value)) &&
    words.every((word) => textOf(entry).includes(word));

  function refresh() {
    const words = folded(search.value).split(/\s+/).filter(Boolean);
    let count = 0;
    for (const entry of entries) {
      const fit = fits(entry, words);
      entry.hidden = !fit;
      lines.get(entry.id).hidden = !fit;
      count += fit;
    }
    const all = entries.length;
    found.textContent = count === all ? `${all} question${all === 1 ? "" : "s"}` : `${count} of ${all} questions`;
    nothing.hidden = count > 0;
    clear.hidden = !search.value && filters.every((filter) => !filter.value);
    if (aside) {
      const inside = entries.some((entry) => !entry.hidden && aside.contains(entry));
      aside.hidden = !inside;
      aside.open = inside && !clear.hidden;
    }
  }

  const number = (entry, name) => Number(entry.dataset[name]);
  const orders = {
    rank: () => 0,
    score: (a, b) => number(b, "score") - number(a, "score"),
    outlets: (a, b) => number(b, "outlets") - number(a, "outlets"),
    newest: (a, b) => (a.dataset.newest < b.dataset.newest ? 1 : a.dataset.newest > b.dataset.newest ? -1 : 0),
  };
  function reorder() {
    entries.sort((a, b) => orders[sort.value](a, b) || number(a, "rank") - number(b, "rank"));
    for (const entry of entries) homes.get(entry).append(entry);
    for (const late of [false, true]) {
      glance.append(...entries.filter((entry) => (homes.get(entry) !== list) === late).map((entry) => lines.get(entry.id)));
    }
  }

  function clearAll() {
    search.value = "";
    for (const filter of filters) filter.value = "";
    refresh();
  }

  function step(by) {
    const visible = [...document.querySelectorAll(".entry:not([hidden])")].filter((entry) => entry.offsetParent);
    if (!visible.length) return;
    let at = visible.indexOf(document.activeElement.closest(".entry"));
    if (at < 0) {
      const next = visible.findIndex((entry) => entry.getBoundingClientRect().top > 4);
      at = by > 0 ? (next < 0 ? visible.length : next) - 1 : next < 0 ? visible.length : next;
    }
    const target = visible[Math.min(Math.max(at + by, 0), visible.length - 1)];
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "start" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && (event.target === search || filters.includes(event.target))) {
      clearAll();
      return;
    }
    if (!keysOn || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (event.key === "/") search.focus();
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "Escape") clearAll();
    else return;
    event.preventDefault();
  });
  keys.addEventListener("click", () => {
    keysOn = !keysOn;
    keys.textContent = keysOn ? "Keys on" : "Keys off";
    keys.setAttribute("aria-pressed", String(keysOn));
  });
  search.addEventListener("input", refresh);
  for (const filter of filters) filter.addEventListener("change", refresh);
  sort.addEventListener("change", reorder);
  clear.addEventListener("click", () => { clearAll(); search.focus(); });

  function showTarget() {
    const target = document.getElementById(location.hash.slice(1));
    if (!target) return;
    const folded = target.closest("#set-aside:not([open])");
    if (!target.hidden && !folded) return;
    if (target.hidden) clearAll();
    if (aside && aside.contains(target)) aside.open = true;
    target.scrollIntoView();
  }
  window.addEventListener("hashchange", showTarget);

  const near = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      for (const line of glance.querySelectorAll("[aria-current]")) line.removeAttribute("aria-current");
      lines.get(target.id).firstElementChild.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  for (const entry of entries) near.observe(entry);

  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const one of closed) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });
  refresh();
  showTarget();
})();
