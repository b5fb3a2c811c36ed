// Delete and examine again, on the page of one analysis.
import { analysisPage, remove, rerun } from "./api.js";
import { problemText, say } from "./words.js";

export function start() {
  const id = document.querySelector("[data-id]").dataset.id;
  act("rerun", async () => location.assign(analysisPage((await rerun(id)).id)));
  act("delete", async () => {
    if (!confirm(say("confirm_delete"))) return;
    await remove(id);
    location.assign("/analyses");
  });
}

function act(name, run) {
  const button = document.getElementById(name);
  button?.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await run();
    } catch (problem) {
      document.getElementById("wrong").textContent = problemText(problem);
    }
    button.disabled = false;
  });
}
