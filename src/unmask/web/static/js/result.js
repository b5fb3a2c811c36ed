// The page of a result: whatever names a place in the film leads the player there.
import { start as acts } from "./acts.js";
import { call } from "./api.js";
import { Overlay } from "./overlay.js";
import { Player } from "./player.js";
import { start as sharing } from "./share.js";
import { drawCurves, markHeats, Timeline } from "./timeline.js";
import { announce, clock, problemText, say } from "./words.js";

const root = document.getElementById("result");

export async function start() {
  if (!("outside" in document.body.dataset)) {
    acts();
    feedback();
    sharing(root.dataset.id);
  }
  evidence();
  const media = document.getElementById("media");
  if (!media) return;
  const facts = { duration: Number(root.dataset.duration), rate: Number(root.dataset.rate) };
  const overlay = new Overlay(media, root.dataset.artifacts);
  const player = media instanceof HTMLVideoElement ? new Player(media, facts, overlay) : null;
  const timeline = player ? new Timeline(player, facts.duration) : null;
  if (player) {
    jumps(player, timeline);
    asked(player);
  }
  const drawn = await described();
  if (!drawn) return;
  overlay.load(drawn);
  drawCurves(drawn.signals, facts.duration);
  if (player) markHeats(drawn.heats, facts.duration, (time) => player.jump(time, time, say("heat_at", { time: clock(time) })), () => overlay.showHeat());
  const wave = document.getElementById("wave-lane");
  if (wave && player) (await import("./sound.js")).draw(media.currentSrc || media.src, facts.duration);
}

/** What there is to draw over the film; null for analyses that have no such file. */
async function described() {
  try {
    return await call("GET", `${root.dataset.artifacts}player.json?link=false`);
  } catch {
    return null;
  }
}

function jumps(player, timeline) {
  root.addEventListener("click", (event) => {
    if (event.target.closest(".chip, .files a, summary")) return;
    const target = event.target.closest("[data-start]");
    if (!target || getSelection().toString()) return;
    event.preventDefault();
    const start = Number(target.dataset.start);
    const end = Number(target.dataset.end);
    for (const other of root.querySelectorAll(".current")) other.classList.remove("current");
    (target.closest(".sentence, .segment, .exhibit") ?? target).classList.add("current");
    player.jump(start, end);
    timeline.choose(start, end);
    announce(say("jumped", { time: clock(start), what: (target.getAttribute("aria-label") ?? target.textContent).trim() }));
    const box = document.getElementById("player").getBoundingClientRect();
    if (box.top < 0 || box.bottom > innerHeight) document.getElementById("player").scrollIntoView({ block: "start" });
  });
}

/** An address that ends in "#t=12.5" shows that second (Media Fragments). */
function asked(player) {
  const found = /^#t=([0-9.]+)$/.exec(location.hash);
  const go = () => player.jump(Number(found[1]), Number(found[1]));
  if (found && player.media.readyState) go();
  else if (found) player.media.addEventListener("loadedmetadata", go, { once: true });
}

/** A chip shows its evidence, and marks it. */
function evidence() {
  for (const chip of document.querySelectorAll("[data-evidence]")) {
    chip.addEventListener("click", () => {
      for (const other of root.querySelectorAll(".exhibit.current")) other.classList.remove("current");
      const shown = document.getElementById(chip.dataset.evidence);
      shown?.classList.add("current");
      shown?.focus({ preventScroll: true });
    });
  }
}

function feedback() {
  const form = document.getElementById("feedback");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(form));
    const said = document.getElementById("feedback-said");
    try {
      await call("POST", `/v1/analyses/${root.dataset.id}/feedback`, given);
      said.textContent = say("thanks");
      form.reset();
    } catch (problem) {
      said.textContent = problemText(problem);
    }
  });
}
