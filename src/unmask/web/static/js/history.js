// The list of analyses: stop, examine again and delete, one or many; those that run are followed.
import { analysisPage, call, cancel, remove, rerun } from "./api.js";
import { announce, problemText, say } from "./words.js";

const LOOK_AGAIN = 2500;
const wrong = document.getElementById("wrong");
const boxes = () => [...document.querySelectorAll(".choose")];

export function start() {
  for (const button of document.querySelectorAll("[data-act]")) button.addEventListener("click", () => one(button));
  choosing();
  follow();
}

const row = (element) => element.closest("li");
const idOf = (element) => row(element).querySelector("[data-id]").dataset.id;

async function one(button) {
  const id = idOf(button);
  wrong.textContent = "";
  try {
    if (button.dataset.act === "rerun") location.assign(analysisPage((await rerun(id)).id));
    else if (button.dataset.act === "cancel") {
      await cancel(id);
      location.reload();
    } else if (confirm(say("confirm_delete"))) await drop(row(button), id);
  } catch (problem) {
    wrong.textContent = problemText(problem);
  }
}

async function drop(item, id) {
  item.classList.add("going");
  try {
    await remove(id);
  } catch (problem) {
    item.classList.remove("going");
    throw problem;
  }
  item.remove();
  if (!boxes().length) location.reload();
}

function choosing() {
  if (!boxes().length) return;
  document.getElementById("bulk").hidden = false;
  const all = document.getElementById("all");
  const deleting = document.getElementById("bulk-delete");
  const comparing = document.getElementById("bulk-compare");
  const chosen = () => boxes().filter((box) => box.checked);
  const count = () => {
    const number = chosen().length;
    deleting.disabled = number === 0;
    comparing.disabled = number !== 2 || chosen().some((box) => row(box).querySelector("[data-state]").dataset.state !== "done");
    document.getElementById("chosen").textContent = number ? String(number) : "";
    all.checked = number > 0 && number === boxes().length;
    all.indeterminate = number > 0 && number < boxes().length;
  };
  for (const box of boxes()) {
    box.hidden = false;
    box.addEventListener("change", count);
  }
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    count();
  });
  comparing.addEventListener("click", () => {
    const [b, a] = chosen().map((box) => box.value); // the list begins with the newest: A is the older one
    location.assign(`/compare?a=${a}&b=${b}`);
  });
  deleting.addEventListener("click", async () => {
    const picked = chosen();
    if (!confirm(say("confirm_delete_many", { count: picked.length }))) return;
    try {
      for (const box of picked) await drop(row(box), box.value);
    } catch (problem) {
      wrong.textContent = problemText(problem);
    }
    count();
  });
}

/** Those that wait or run are asked for until they have ended; then the list is shown anew. */
function follow() {
  const open = [...document.querySelectorAll('[data-state="queued"], [data-state="running"]')];
  if (!open.length) return;
  const look = async () => {
    try {
      const states = await Promise.all(open.map(async (entry) => [entry, (await call("GET", `/v1/analyses/${entry.dataset.id}`)).state]));
      if (states.some(([entry, state]) => state !== entry.dataset.state) && !boxes().some((box) => box.checked)) return location.reload();
    } catch (problem) {
      if (problem.code !== "offline") return announce(problemText(problem));
    }
    setTimeout(look, LOOK_AGAIN);
  };
  setTimeout(look, LOOK_AGAIN);
}
