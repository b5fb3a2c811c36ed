// The page of an analysis that waits or runs: live by server-sent events, from the first event on at every visit.
import { cancel } from "./api.js";
import { clock, detector, percent, problemText, say, state as stateText, subject } from "./words.js";

const STAGES = ["ingest", "media", "detect", "fuse", "explain", "report"];
const WEIGHTS = { ingest: 4, media: 30, detect: 40, fuse: 4, explain: 16, report: 6 };
const root = document.getElementById("progress");
const found = document.getElementById("found");
const stage = { name: "", fraction: 0 };
const seen = { faces: 0, highest: new Map(), shards: new Set() };

export function start() {
  const source = new EventSource(`/v1/analyses/${root.dataset.id}/events`);
  const line = document.getElementById("line");
  source.onopen = () => live(line, true);
  source.onerror = () => live(line, false);
  source.addEventListener("state", (event) => onState(source, JSON.parse(event.data)));
  source.addEventListener("progress", (event) => onProgress(JSON.parse(event.data)));
  source.addEventListener("media", (event) => note("media", say("media_known", { time: clock(JSON.parse(event.data).duration, false) })));
  source.addEventListener("finding", (event) => onFinding(JSON.parse(event.data)));
  document.getElementById("cancel").addEventListener("click", onCancel);
}

function live(line, is) {
  line.hidden = false;
  line.classList.toggle("broken", !is);
  line.textContent = say(is ? "connected" : "disconnected");
}

function onState(source, data) {
  const badge = document.getElementById("state");
  badge.className = `badge state ${data.state}`;
  badge.textContent = stateText(data.state);
  if (["done", "failed", "cancelled"].includes(data.state)) {
    source.close();
    location.reload();
  }
}

function onProgress(data) {
  if (STAGES.indexOf(data.stage) >= STAGES.indexOf(stage.name)) {
    stage.name = data.stage;
    stage.fraction = data.fraction;
    draw();
  }
  if (data.shard && !seen.shards.has(`${data.shard.share}${data.shard.number}`)) {
    seen.shards.add(`${data.shard.share}${data.shard.number}`);
    partial(data);
  }
}

/** First findings: what one stretch says before anything is weighed. */
function partial(data) {
  seen.faces += data.faces ?? 0;
  if (seen.faces) note("faces", say("faces_found", { count: seen.faces }));
  for (const score of data.scores ?? []) {
    if (score.highest === null || score.highest <= (seen.highest.get(score.detector) ?? -1)) continue;
    seen.highest.set(score.detector, score.highest);
    const values = { detector: detector(score.detector), probability: percent(score.highest), time: clock(score.at) };
    note(`highest-${score.detector}`, say("highest", values));
  }
}

function onFinding(data) {
  const values = { detector: detector(data.detector), subject: subject(data.subject) };
  const name = data.state === "scored" ? "finding" : "finding_none";
  const alone = data.subject === "media" || data.subject === data.detector ? "_alone" : "";
  const text = say(name + alone, data.state === "scored" ? { ...values, probability: percent(data.probability) } : values);
  note(`finding-${data.detector}-${data.subject}`, text);
}

function note(name, text) {
  const known = [...found.children].find((item) => item.dataset.name === name);
  const item = known ?? document.createElement("li");
  if (!known) {
    if (!found.querySelector("[data-name]")) found.replaceChildren();
    item.dataset.name = name;
    found.append(item);
  }
  item.textContent = text;
}

function draw() {
  const now = STAGES.indexOf(stage.name);
  let sum = 0;
  for (const item of document.querySelectorAll("#stages li")) {
    const at = STAGES.indexOf(item.dataset.stage);
    const part = at < now ? 1 : at === now ? stage.fraction : 0;
    sum += part * WEIGHTS[item.dataset.stage];
    item.className = part >= 1 ? "done" : at === now ? "now" : "";
    if (at === now) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
    item.querySelector(".part").textContent = at === now && part > 0 && part < 1 ? percent(part) : "";
  }
  document.getElementById("overall").value = sum;
  document.getElementById("percent").textContent = `${Math.floor(sum)} %`;
}

async function onCancel(event) {
  const button = event.currentTarget;
  button.disabled = true;
  try {
    await cancel(root.dataset.id);
    location.reload();
  } catch (problem) {
    if (problem.code === "wrong_state") location.reload();
    document.getElementById("wrong").textContent = problemText(problem);
    button.disabled = false;
  }
}
