// A batch: while some of it waits or runs, what changed is shown in place, without losing where somebody reads.
import { call } from "./api.js";
import { announce, problemText, say } from "./words.js";

const LOOK_AGAIN = 2500;
const wrong = document.getElementById("wrong");
const part = (name, page = document) => page.querySelector(`[data-live="${name}"]`);
const open = () => Number(part("standing").dataset.open);
let known = "";

export function start() {
  if (open()) look();
}

async function look() {
  try {
    const { states, verdicts } = await call("GET", `/v1/batches/${part("standing").dataset.batch}`);
    const now = JSON.stringify([states, verdicts]);
    if (now !== known) await show();
    known = now;
    wrong.textContent = "";
  } catch (problem) {
    wrong.textContent = problemText(problem);
    if (problem.code !== "offline") return;
  }
  if (open()) setTimeout(look, LOOK_AGAIN);
  else announce(say("batch_ended"));
}

/** The same page as it is now: its parts take the place of those shown. */
async function show() {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = document.activeElement?.getAttribute("href");
  if (!part("standing", fresh)) return;
  for (const name of ["standing", "list"]) part(name).replaceWith(document.adoptNode(part(name, fresh)));
  if (focused) [...document.querySelectorAll("[data-live] a")].find((link) => link.getAttribute("href") === focused)?.focus({ preventScroll: true });
}
