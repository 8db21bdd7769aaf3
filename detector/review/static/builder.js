// What was chosen and written stays while one looks through the shelves.
const KEPT = "report";

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}

export function arrivedAtBuilder() {
  const form = document.querySelector("form[data-builder]");
  if (!form) return;
  const boxes = [...form.querySelectorAll("input[name=conflict_ids]")];
  const before = kept();
  const chosen = new Set([...(before.chosen ?? []), ...boxes.filter((box) => box.checked).map((box) => box.value)]);
  for (const box of boxes) box.checked = chosen.has(box.value);
  for (const name of ["title", "introduction"]) if (before[name]) form.elements[name].value = before[name];

  const refresh = () => {
    for (const box of boxes) chosen[box.checked ? "add" : "delete"](box.value);
    for (const extra of form.querySelectorAll("[data-elsewhere]")) extra.remove();
    const shown = new Set(boxes.map((box) => box.value));
    for (const id of [...chosen].filter((one) => !shown.has(one))) {
      const extra = document.createElement("input");
      Object.assign(extra, { type: "hidden", name: "conflict_ids", value: id });
      extra.dataset.elsewhere = "";
      form.append(extra);
    }
    document.getElementById("chosen").textContent = chosen.size ? `${chosen.size} chosen` : "none chosen";
    const { title, introduction } = form.elements;
    sessionStorage.setItem(KEPT, JSON.stringify({ chosen: [...chosen], title: title.value, introduction: introduction.value }));
  };
  form.addEventListener("input", refresh);
  form.querySelector("[data-all]").addEventListener("click", () => {
    for (const box of boxes) box.checked = true;
    refresh();
  });
  form.querySelector("[data-none]").addEventListener("click", () => {
    chosen.clear();
    for (const box of boxes) box.checked = false;
    refresh();
  });
  refresh();
}
