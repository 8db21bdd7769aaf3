// While the queue is open, a quiet line says that there is more than it shows. Nothing moves until one asks for it.
import { go, say } from "./swap.js";

const WAIT = 20_000;
const MOST = 360; // two hours without a page: a desk that nobody uses lets its session end
let timer = 0;

export function arrivedAtNews() {
  clearInterval(timer);
  const list = document.querySelector("[data-news]");
  if (!list) return;
  let asked = 0;
  timer = setInterval(async () => {
    if (document.hidden) return;
    if (++asked > MOST || !list.isConnected) return clearInterval(timer);
    const answer = await fetch(list.dataset.news).catch(() => null);
    if (!answer?.ok || !list.isConnected) return;
    const words = told(await answer.json(), list.dataset);
    if (words) show(words);
  }, WAIT);
}

function told(now, shown) {
  if ((now.shown_run ?? "") !== shown.run) return "A new run has finished.";
  return String(now.reviews) !== shown.reviews ? "Something was decided meanwhile." : "";
}

function show(words) {
  const line = document.getElementById("news");
  if (line.dataset.words === words) return;
  line.dataset.words = words;
  line.querySelector("span").textContent = words;
  line.hidden = false;
  line.querySelector("a").onclick = (event) => {
    event.preventDefault();
    go(location.href, { keepFocus: true });
  };
  say(words);
}
