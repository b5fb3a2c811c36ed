// What every page has, and the module of its own that a page needs.
const typing = (element) => element.closest?.("input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]");

function frame() {
  for (const form of document.querySelectorAll("form[data-auto]")) form.addEventListener("change", () => form.requestSubmit());
  const dialog = document.getElementById("help");
  const opener = document.getElementById("help-open");
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  let last = "";
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || dialog.open) return;
    const before = last;
    last = event.key;
    if (event.key === "?") dialog.showModal();
    else if ("outside" in document.body.dataset) return;
    else if (event.key === "/" && document.getElementById("search")) {
      event.preventDefault();
      document.getElementById("search").focus();
    } else if (before === "g" && event.key === "n") location.assign("/");
    else if (before === "g" && event.key === "a") location.assign("/analyses");
    else if (before === "g" && event.key === "b") location.assign("/batches");
  });
}

const PAGES = {
  start: () => import("./start.js"),
  progress: () => import("./progress.js"),
  result: () => import("./result.js"),
  history: () => import("./history.js"),
  ended: () => import("./acts.js"),
  batch: () => import("./batch.js"),
  compare: () => import("./compare.js"),
  settings: () => import("./settings.js"),
};

frame();
const load = PAGES[document.body.dataset.page];
if (load) (await load()).start();
document.documentElement.dataset.ready = "";
