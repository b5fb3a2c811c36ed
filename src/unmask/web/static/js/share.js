// Links that show this result to others: made, copied, listed, taken back.
import { call } from "./api.js";
import { announce, moment, problemText, say } from "./words.js";

const dialog = document.getElementById("share");
const list = document.getElementById("share-list");
const link = document.getElementById("share-link");
let place = "";

export function start(id) {
  place = `/v1/analyses/${id}/shares`;
  const opener = document.getElementById("share-open");
  opener.hidden = false;
  opener.addEventListener("click", () => {
    dialog.showModal();
    trying(show);
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.getElementById("share-make").addEventListener("submit", (event) => {
    event.preventDefault();
    trying(make);
  });
  document.getElementById("share-copy").addEventListener("click", copy);
  link.addEventListener("focus", () => link.select());
}

async function trying(what) {
  document.getElementById("share-wrong").textContent = "";
  try {
    await what();
  } catch (problem) {
    document.getElementById("share-wrong").textContent = problemText(problem);
  }
}

async function make() {
  const lasts = Number(new FormData(document.getElementById("share-make")).get("lasts"));
  const made = await call("POST", place, { expires_in: lasts });
  link.value = new URL(made.path, location.href).href;
  document.getElementById("share-made").hidden = false;
  tell(say("link_made", { time: moment(made.expires) }));
  await show();
  link.focus();
  link.scrollLeft = 0;
}

async function copy() {
  link.select();
  try {
    await navigator.clipboard.writeText(link.value);
    tell(say("copied"));
  } catch {
    tell(say("copy_by_hand"));
  }
}

async function show() {
  const links = await call("GET", place);
  list.replaceChildren(...links.map(row));
  document.getElementById("share-none").hidden = links.length > 0;
}

function row(one) {
  const item = document.createElement("li");
  const text = document.createElement("span");
  text.textContent = say(`link_${one.state}`, { time: moment(one.state === "revoked" ? one.revoked : one.expires) });
  item.className = one.state;
  item.append(text);
  if (one.state === "active") {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "danger";
    button.textContent = say("take_back");
    button.setAttribute("aria-label", `${say("take_back")}: ${text.textContent}`);
    button.addEventListener("click", () => trying(() => takeBack(one.id)));
    item.append(button);
  }
  return item;
}

async function takeBack(id) {
  await call("DELETE", `${place}/${id}`);
  tell(say("taken_back"));
  document.getElementById("share-made").hidden = true;
  await show();
  dialog.focus();
}

function tell(text) {
  document.getElementById("share-said").textContent = text;
  announce(text);
}
