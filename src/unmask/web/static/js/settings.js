// The settings: every button is a request to the API; the page is shown anew when something has changed.
import { call } from "./api.js";
import { announce, note, problemText, say, silence } from "./words.js";

const wrong = document.getElementById("wrong");
const idOf = (element) => element.closest("[data-id]").dataset.id;

export function start() {
  onSubmit("make-key", makeKey);
  onSubmit("make-project", makeProject);
  onSubmit("retention", keepRule);
  onSubmit("add-webhook", addWebhook);
  for (const form of document.querySelectorAll("form[data-act=limit-project]")) listen(form, "submit", () => limitProject(form));
  for (const button of document.querySelectorAll("button[data-act]")) listen(button, "click", () => ACTS[button.dataset.act](button));
  for (const section of document.querySelectorAll(".secret")) handing(section);
}

const ACTS = {
  "end-key": endKey,
  "test-webhook": testWebhook,
  "remove-webhook": removeWebhook,
  "retry-delivery": retryDelivery,
  "show-secret": () => ownSecret("GET"),
  "replace-secret": () => confirm(say("confirm_secret")) && ownSecret("POST"),
  "ask-model": askModel,
};

const onSubmit = (id, run) => {
  const form = document.getElementById(id);
  if (form) listen(form, "submit", () => run(form));
};

/** Run something once at a time, and tell what it was refused for. */
function listen(element, kind, run) {
  element.addEventListener(kind, async (event) => {
    event.preventDefault();
    const button = element.matches("button") ? element : element.querySelector("button");
    wrong.textContent = "";
    button.setAttribute("aria-busy", "true");
    button.disabled = true;
    try {
      await run();
    } catch (problem) {
      wrong.textContent = problemText(problem);
      wrong.scrollIntoView({ block: "nearest" });
    }
    button.disabled = false;
    button.removeAttribute("aria-busy");
    if (document.activeElement === document.body) button.focus();
  });
}

const text = (form, name) => form.elements[name].value.trim();
const number = (form, name) => (text(form, name) === "" ? null : Number(text(form, name)));
const checked = (form, name) => [...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);

function bytesOf(form) {
  const gigabytes = number(form, "gigabytes");
  return gigabytes === null ? null : Math.round(gigabytes * 1e9);
}

/** A secret that is shown once: to be copied, and gone when its owner says so. */
function hand(id, value) {
  const section = document.getElementById(id);
  section.querySelector("output").textContent = value;
  section.hidden = false;
  section.scrollIntoView({ block: "center" });
  section.focus();
}

function handing(section) {
  section.querySelector("[data-copy]").addEventListener("click", async () => {
    const output = section.querySelector("output");
    try {
      await navigator.clipboard.writeText(output.textContent);
      announce(say("copied"));
      section.querySelector("[data-copy]").textContent = say("copied");
    } catch {
      getSelection().selectAllChildren(output);
    }
  });
  section.querySelector("[data-shut]").addEventListener("click", () => location.reload());
}

async function makeKey(form) {
  const given = { name: text(form, "name"), scopes: checked(form, "scopes") };
  if (!given.scopes.length) {
    wrong.textContent = say("no_scope");
    return;
  }
  for (const name of ["days", "per_minute", "per_day"]) if (number(form, name) !== null) given[name] = number(form, name);
  if (form.dataset.project) given.project = form.dataset.project;
  const made = await call("POST", "/v1/keys", given);
  form.reset();
  hand("new-key", made.key);
}

async function endKey(button) {
  const own = Boolean(button.dataset.own);
  if (!confirm(say(own ? "confirm_own_key" : "confirm_key"))) return;
  await call("DELETE", `/v1/keys/${idOf(button)}`);
  if (own) location.assign("/signin?next=/settings/keys");
  else location.reload();
}

async function makeProject(form) {
  const given = { name: text(form, "name"), max_stored_bytes: bytesOf(form), retention_days: number(form, "retention_days") };
  await call("POST", "/v1/projects", given);
  location.reload();
}

async function limitProject(form) {
  await call("PATCH", `/v1/projects/${idOf(form)}`, { max_stored_bytes: bytesOf(form) });
  location.reload();
}

async function keepRule(form) {
  const byDays = form.elements.until.value === "days";
  const also = form.elements.also_existing.checked;
  if (also && !confirm(say("confirm_existing"))) return;
  const given = {
    retention_days: byDays ? number(form, "days") : null,
    keep_record: form.elements.keep_record.checked,
    zero_retention: form.elements.zero_retention.checked,
    also_existing: also,
  };
  await call("PATCH", `/v1/projects/${idOf(form)}`, given);
  form.elements.also_existing.checked = false;
  document.getElementById("said").textContent = say(also ? "rule_kept_for_all" : "rule_kept");
}

async function addWebhook(form) {
  const url = text(form, "url");
  if (!/^https?:\/\/\S+$/i.test(url)) {
    wrong.textContent = say("not_an_address");
    form.elements.url.focus();
    return;
  }
  const events = checked(form, "events");
  if (!events.length) {
    wrong.textContent = say("no_event");
    return;
  }
  const all = form.querySelectorAll("[name=events]").length;
  const made = await call("POST", "/v1/webhooks", { url, events: events.length === all ? [] : events });
  form.reset();
  hand("new-secret", made.secret);
}

async function testWebhook(button) {
  const told = button.closest("[data-id]").querySelector(".told");
  told.className = "told";
  told.textContent = say("asking");
  const seconds = (found) => found.seconds.toFixed(2);
  try {
    const found = await call("POST", "/v1/webhooks/test", { webhook: idOf(button) });
    if (found.status === "delivered") told.textContent = say("hook_answered", { status: found.http_status, seconds: seconds(found) });
    else {
      told.classList.add("bad");
      const said = found.http_status ? say("hook_refused", { status: found.http_status, seconds: seconds(found) }) : say("hook_silent", { seconds: seconds(found) });
      told.textContent = found.http_status ? said : `${said} ${silence(found.reason)}`;
    }
  } catch (problem) {
    told.textContent = "";
    throw problem;
  }
}

async function removeWebhook(button) {
  if (!confirm(say("confirm_webhook"))) return;
  await call("DELETE", `/v1/webhooks/${idOf(button)}`);
  location.reload();
}

async function retryDelivery(button) {
  await call("POST", `/v1/webhooks/deliveries/${idOf(button)}/retry`);
  location.reload();
}

async function ownSecret(method) {
  document.getElementById("own-secret").textContent = (await call(method, "/v1/webhooks/secret")).secret;
}

async function askModel(button) {
  const section = button.closest("[data-role]");
  const told = section.querySelector(".told");
  told.className = "told";
  told.textContent = say("asking");
  try {
    const found = await call("POST", "/v1/language-model/test", { role: section.dataset.role });
    const seconds = found.seconds.toFixed(1);
    if (found.answered) {
      const quote = document.createElement("blockquote");
      quote.dir = "auto";
      quote.textContent = found.answer;
      told.replaceChildren(say("model_answered", { model: found.model, seconds }), quote);
    } else {
      told.classList.add("bad");
      const code = document.createElement("code");
      code.textContent = found.code;
      told.replaceChildren(`${say("model_silent", { seconds })} ${note(found.code)} `, code);
    }
  } catch (problem) {
    told.textContent = "";
    throw problem;
  }
}
