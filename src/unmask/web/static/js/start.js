// The start page: files, folders and links become analyses.
import { analysisPage, batchPage, call } from "./api.js";
import { Together } from "./together.js";
import { Upload } from "./tus.js";
import { announce, bytes, problemText, say, visible } from "./words.js";

const SENT_AT_ONCE = 2;
const queue = document.getElementById("queue");
const most = Number(document.getElementById("start").dataset.most);
const mostTogether = Number(document.getElementById("start").dataset.batch);
const waiting = [];
let running = 0;
let asked = 0;

export function start() {
  listen();
  document.getElementById("link").addEventListener("submit", fetchLink);
  for (const button of document.querySelectorAll("[data-sample]")) button.addEventListener("click", () => trySample(button));
  addEventListener("beforeunload", (event) => {
    if (running) event.preventDefault();
  });
}

function listen() {
  for (const id of ["files", "folder", "camera"]) {
    const input = document.getElementById(id);
    input.addEventListener("change", () => {
      add([...input.files].filter((file) => !file.name.startsWith(".")));
      input.value = "";
    });
  }
  const drop = document.getElementById("drop");
  let depth = 0;
  addEventListener("dragenter", () => drop.classList.toggle("over", ++depth > 0));
  addEventListener("dragleave", () => drop.classList.toggle("over", --depth > 0));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", async (event) => {
    event.preventDefault();
    depth = 0;
    drop.classList.remove("over");
    const text = event.dataTransfer.getData("text/uri-list") || event.dataTransfer.getData("text/plain");
    const files = await dropped(event.dataTransfer);
    if (files.length) add(files);
    else if (/^https?:/.test(text)) document.getElementById("url").value = text.trim();
  });
  addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) add([...event.clipboardData.files]);
  });
}

/** All files of a drop, those in folders too. */
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const found = [];
  const visit = async (entry) => {
    if (entry.isFile) found.push(await new Promise((done, failed) => entry.file(done, failed)));
    else if (entry.isDirectory) {
      const reader = entry.createReader();
      for (;;) {
        const part = await new Promise((done, failed) => reader.readEntries(done, failed));
        if (!part.length) break;
        for (const child of part) await visit(child);
      }
    }
  };
  for (const entry of entries) await visit(entry);
  return found.filter((file) => !file.name.startsWith("."));
}

function add(files) {
  asked += files.length;
  const batched = files.length > 1 && document.getElementById("together").checked;
  for (let from = 0; from < files.length; from += mostTogether) {
    const part = files.slice(from, from + mostTogether);
    const together = batched ? new Together(part.length, options, asBatch) : null;
    for (const file of part) waiting.push(row(file, together));
  }
  next();
}

function asBatch(items, batch, problem) {
  if (problem) for (const item of items) refuse(item, problemText(problem));
  else if (asked === items.length) location.assign(batchPage(batch.id));
  else for (const item of items) lead(item, batchPage(batch.id));
}

function next() {
  while (running < SENT_AT_ONCE && waiting.length) {
    const item = waiting.shift();
    if (item.gone) continue;
    running += 1;
    send(item).finally(() => {
      running -= 1;
      next();
    });
  }
}

function row(file, together) {
  const item = { file, together, element: document.createElement("li"), samples: [] };
  item.element.className = "sending";
  item.element.innerHTML = '<p class="title"><bdi></bdi></p><div class="acts"></div><progress max="1" value="0"></progress><p class="told"></p>';
  item.element.querySelector("bdi").textContent = visible(file.name);
  item.element.querySelector("progress").setAttribute("aria-label", visible(file.name));
  tell(item, say("waiting"));
  act(item, [["give_up", () => giveUp(item)]]);
  queue.append(item.element);
  return item;
}

async function send(item) {
  if (item.file.size > most) return refuse(item, say("too_large_here", { size: bytes(item.file.size), most: bytes(most) }));
  if (item.file.size === 0) return refuse(item, say("empty_here"));
  item.upload = new Upload(item.file, () => show(item));
  try {
    const upload = await item.upload.run();
    if (upload === null) return;
    item.element.querySelector("progress").value = 1;
    if (item.together) {
      tell(item, say("sent_together"));
      act(item, []);
      return await item.together.add(item, upload);
    }
    tell(item, say("uploaded"));
    act(item, []);
    const made = await call("POST", "/v1/analyses", { upload, options: options() }, { "Idempotency-Key": upload });
    finished(item, made);
  } catch (problem) {
    refuse(item, problemText(problem));
  }
}

function finished(item, made) {
  lead(item, analysisPage(made.id));
  if (asked === 1) location.assign(analysisPage(made.id));
}

function lead(item, address) {
  const link = document.createElement("a");
  link.className = "button primary";
  link.href = address;
  link.textContent = say("open");
  item.element.querySelector(".acts").replaceChildren(link);
}

function show(item) {
  const { sent, state } = item.upload;
  const total = item.file.size;
  item.element.querySelector("progress").value = sent / total;
  const sizes = { done: bytes(sent), total: bytes(total) };
  if (state === "paused") {
    item.samples = [];
    tell(item, say("paused", sizes));
    act(item, [["resume", () => item.upload.resume()], ["give_up", () => giveUp(item)]]);
  } else if (state === "reconnecting") {
    item.samples = [];
    tell(item, say("reconnecting", sizes));
    act(item, [["give_up", () => giveUp(item)]]);
  } else {
    const speed = speedOf(item, sent);
    const left = speed ? duration((total - sent) / speed) : "…";
    tell(item, say("uploading", { ...sizes, speed: bytes(speed), left }));
    act(item, [["pause", () => item.upload.pause()], ["give_up", () => giveUp(item)]]);
  }
}

/** Bytes a second over the last seconds. */
function speedOf(item, sent) {
  const now = performance.now();
  item.samples.push([now, sent]);
  while (item.samples.length > 2 && now - item.samples[0][0] > 4000) item.samples.shift();
  const [first, amount] = item.samples[0];
  return now > first ? (1000 * (sent - amount)) / (now - first) : 0;
}

const duration = (seconds) =>
  seconds < 90 ? say("seconds", { count: Math.ceil(seconds) }) : say("minutes", { count: Math.ceil(seconds / 60) });

function giveUp(item) {
  item.gone = true;
  item.upload?.drop();
  item.element.remove();
  item.together?.drop();
}

function refuse(item, text) {
  item.element.classList.add("refused");
  tell(item, text);
  announce(`${visible(item.file.name)}: ${text}`);
  act(item, [["give_up", () => item.element.remove()]]);
  item.together?.drop();
}

function tell(item, text) {
  item.element.querySelector(".told").textContent = text;
}

function act(item, actions) {
  const names = actions.map(([name]) => name).join();
  if (item.actions === names) return;
  item.actions = names;
  const buttons = actions.map(([name, run]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = say(name);
    button.dataset.act = name;
    button.addEventListener("click", run);
    return button;
  });
  item.element.querySelector(".acts").replaceChildren(...buttons);
}

function options() {
  const given = { language: document.body.dataset.language };
  const label = document.getElementById("label").value.trim();
  const keep = document.getElementById("keep").value;
  if (label) given.label = label;
  if (keep) given.retention_days = Number(keep);
  if (document.getElementById("probe").checked) given.probe = true;
  if (document.getElementById("film").checked) given.video = true;
  return given;
}

async function fetchLink(event) {
  event.preventDefault();
  const wrong = document.getElementById("link-wrong");
  const field = document.getElementById("url");
  wrong.textContent = "";
  const url = field.value.trim();
  if (!/^https?:\/\/\S+$/i.test(url)) {
    wrong.textContent = say("not_an_address");
    field.focus();
    return;
  }
  try {
    const made = await call("POST", "/v1/analyses", { url, options: options() });
    location.assign(analysisPage(made.id));
  } catch (problem) {
    wrong.textContent = problemText(problem);
    field.focus();
  }
}

async function trySample(button) {
  button.disabled = true;
  try {
    const answer = await fetch(`/samples/${button.dataset.sample}`);
    if (!answer.ok) throw new Error(String(answer.status));
    add([new File([await answer.blob()], button.dataset.sample, { type: "video/mp4", lastModified: 0 })]);
  } catch {
    announce(say("sample_failed"));
    button.disabled = false;
  }
}
