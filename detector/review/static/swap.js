// Pages are fetched and their parts put in place: no white flash, the scroll position of each page kept.
const arrivals = [];
const PARTS = [".bar", "main", ".foot"];
class Refusal extends Error {}

let underWay = null;
let sending = false;
let here = location.pathname + location.search;

export function onArrival(arrived) {
  arrivals.push(arrived);
  arrived();
}

export function say(words) {
  document.getElementById("spoken").textContent = words;
}

export const go = (address, options = {}) => visit(address, {}, options);

// A key pressed twice in haste decides once.
export async function send(address, fields) {
  if (sending) return;
  sending = true;
  try {
    await visit(address, { method: "POST", body: fields }, {});
  } finally {
    sending = false;
  }
}

async function visit(address, request, { words = "", push = true, keepFocus = false, top = 0 }) {
  const root = document.documentElement;
  underWay?.abort();
  const mine = (underWay = new AbortController());
  root.classList.add("loading");
  if (words) say(words);
  history.replaceState({ ...history.state, top: window.scrollY }, "");
  try {
    const answer = await fetch(address, { ...request, signal: mine.signal, headers: { Accept: "text/html" } });
    if (!(answer.headers.get("Content-Type") ?? "").startsWith("text/html")) throw new Refusal((await answer.json()).error);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== underWay) return;
    const target = new URL(answer.url);
    target.hash = new URL(address, location.href).hash;
    place(page);
    const known = target.pathname + target.search === here;
    here = target.pathname + target.search;
    if (push) history[known ? "replaceState" : "pushState"]({ top: 0, inside: true }, "", target);
    settle({ target, keepFocus: keepFocus || known, top: known && request.method ? window.scrollY : top });
  } catch (error) {
    if (error.name === "AbortError") return;
    if (error instanceof Refusal) warn(error.message);
    else if (request.method) warn("The desk did not answer; nothing was recorded. Is it still running?");
    else location.assign(address);
  } finally {
    if (mine === underWay) root.classList.remove("loading");
  }
}

function warn(words) {
  const note = document.createElement("p");
  note.className = "notice bad toast";
  note.dataset.flash = "";
  note.setAttribute("role", "alert");
  note.textContent = words;
  document.querySelector("[data-flash]")?.remove();
  document.querySelector("main").prepend(note);
}

function place(page) {
  for (const selector of PARTS) document.querySelector(selector).replaceWith(page.querySelector(selector));
  document.title = page.title;
  document.body.dataset.page = page.body.dataset.page;
  if ("keys" in page.body.dataset) document.body.dataset.keys = page.body.dataset.keys;
  else delete document.body.dataset.keys;
}

function settle({ target, keepFocus, top }) {
  const flash = document.querySelector("[data-flash] p")?.textContent ?? "";
  const heading = document.querySelector("main h1")?.textContent.trim() ?? document.title;
  say(flash ? `${flash} ${heading}` : heading);
  for (const arrived of arrivals) arrived();
  const aim = target.hash && document.getElementById(target.hash.slice(1));
  if (aim) {
    aim.focus({ preventScroll: true });
    aim.scrollIntoView({ block: "center" });
    return;
  }
  window.scrollTo(0, top);
  if (!keepFocus && (document.activeElement === document.body || !document.activeElement)) {
    document.querySelector("main").focus({ preventScroll: true });
  }
}

window.addEventListener("popstate", (event) => {
  if (location.pathname + location.search === here) return;
  visit(location.href, {}, { push: false, top: event.state?.top ?? 0 });
});
