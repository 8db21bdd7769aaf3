// A run that is going on tells of itself; the page only repeats it.
import { go, say } from "./swap.js";

let source = null;
const number = new Intl.NumberFormat("en");

export function arrivedAtRuns() {
  source?.close();
  source = null;
  const panel = document.querySelector("[data-progress]");
  if (!panel) return;
  source = new EventSource(panel.dataset.progress);
  let before = null;
  source.addEventListener("progress", (event) => {
    if (!panel.isConnected) return source?.close();
    const run = JSON.parse(event.data);
    const turned = before && before.state !== run.state;
    before = run;
    show(panel, run);
    if (turned) go(location.href, { keepFocus: true }); // what else the page tells of a run is of another one now
  });
}

function show(panel, run) {
  const words = panel.querySelector("[data-words]");
  if (panel.dataset.state !== run.state && run.state !== "running") say(run.words);
  panel.dataset.state = run.state;
  words.textContent = run.words;
  panel.querySelector("[data-start]").disabled = run.state === "running";
  const list = panel.querySelector("[data-stages]");
  for (const stage of run.stages) {
    let line = [...list.children].find((one) => one.dataset.stage === stage.stage);
    if (!line) {
      line = document.createElement("li");
      line.dataset.stage = stage.stage;
      line.append(document.createElement("span"), document.createElement("progress"), document.createElement("span"));
      line.lastChild.className = "num";
      list.append(line);
    }
    const [name, bar, count] = line.children;
    name.textContent = stage.words;
    bar.max = stage.total || 1;
    bar.value = stage.finished ? bar.max : stage.done;
    bar.setAttribute("aria-label", stage.words);
    count.textContent = stage.finished ? "done" : stage.total ? `${number.format(stage.done)} of ${number.format(stage.total)}` : "waiting";
  }
}
