// Resumable upload by tus 1.0.0: in pieces, paused and resumed at will, over connections that break.
import { Problem, problemOf } from "./api.js";

const PIECE = 8 * 1024 * 1024;
const VERSION = { "Tus-Resumable": "1.0.0" };
const WAITS = [500, 1000, 2000, 4000, 8000, 15000];
const WORTH_ANOTHER_TRY = new Set([0, 409, 423, 429, 500, 502, 503, 504]);

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const memoryOf = (file) => `unmask-upload:${file.name}:${file.size}:${file.lastModified}`;

/** One file on its way. Tells `progress` (sent, size), `state` ("sending", "paused", "reconnecting") by `onchange`. */
export class Upload {
  constructor(file, onchange) {
    this.file = file;
    this.sent = 0;
    this.state = "waiting";
    this.place = recall(file);
    this.onchange = onchange;
    this.failures = 0;
    this.request = null;
    this.wake = null;
  }

  /** Send all of it; the id of the finished upload. Throws `Problem` for a refusal; null when it was given up. */
  async run() {
    if (this.file.size === 0) throw new Problem({ code: "empty_file" });
    for (;;) {
      if (this.state === "gone") return null;
      try {
        if (this.place === null) await this.announce();
        else if (this.state !== "sending") await this.ask();
        this.tell("sending");
        while (this.sent < this.file.size) await this.piece();
        forget(this.file);
        return this.place.split("/").pop();
      } catch (failure) {
        await this.after(failure);
      }
    }
  }

  pause() {
    if (this.state === "paused" || this.state === "gone") return;
    this.tell("paused");
    this.request?.abort();
  }

  resume() {
    if (this.state !== "paused") return;
    this.tell("reconnecting");
    this.wake?.();
  }

  /** Give it up, here and on the server. */
  async drop() {
    this.state = "gone";
    this.request?.abort();
    this.wake?.();
    forget(this.file);
    if (this.place) await this.send("DELETE", this.place, VERSION).catch(() => {});
  }

  async announce() {
    const headers = { ...VERSION, "Upload-Length": String(this.file.size), "Upload-Metadata": `filename ${base64(this.file.name)}` };
    const answer = await this.send("POST", "/v1/uploads", headers);
    this.place = new URL(answer.getResponseHeader("Location"), location.href).pathname;
    this.sent = 0;
    remember(this.file, this.place);
  }

  async ask() {
    try {
      const answer = await this.send("HEAD", this.place, VERSION);
      this.sent = Number(answer.getResponseHeader("Upload-Offset"));
    } catch (failure) {
      if (failure.status !== 404 && failure.status !== 410) throw failure;
      forget(this.file);
      this.place = null;
      await this.announce();
    }
  }

  async piece() {
    const start = this.sent;
    const blob = this.file.slice(start, start + PIECE);
    const headers = { ...VERSION, "Upload-Offset": String(start), "Content-Type": "application/offset+octet-stream" };
    const answer = await this.send("PATCH", this.place, headers, blob, (loaded) => {
      this.sent = start + Math.min(loaded, blob.size);
      this.tell("sending");
    });
    this.sent = Number(answer.getResponseHeader("Upload-Offset"));
    this.failures = 0;
    this.tell("sending");
  }

  /** Wait for what was asked for, or for the connection; a refusal is thrown on. */
  async after(failure) {
    if (this.state === "gone") return;
    if (this.state === "paused") {
      await new Promise((resume) => (this.wake = resume));
      return;
    }
    if (!(failure instanceof Broken) || !WORTH_ANOTHER_TRY.has(failure.status)) throw failure.problem ?? failure;
    this.tell("reconnecting");
    const wait = WAITS[Math.min(this.failures, WAITS.length - 1)];
    this.failures += 1;
    await new Promise((resume) => {
      this.wake = resume;
      setTimeout(resume, wait);
      addEventListener("online", resume, { once: true });
    });
  }

  tell(state) {
    if (this.state === "gone" || (this.state === "paused" && state === "sending")) return;
    this.state = state;
    this.onchange(this);
  }

  send(method, path, headers, body = null, progress = null) {
    return new Promise((done, broken) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open(method, path);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      if (progress) request.upload.onprogress = (event) => progress(event.loaded);
      request.onload = () => (request.status < 300 ? done(request) : broken(new Broken(request.status, request.responseText)));
      request.onerror = request.onabort = request.ontimeout = () => broken(new Broken(0, ""));
      request.send(body);
    });
  }
}

class Broken extends Error {
  constructor(status, text) {
    super(`status ${status}`);
    this.status = status;
    this.problem = status ? problemOf(status, text) : new Problem({ code: "offline" });
  }
}

function recall(file) {
  try {
    return localStorage.getItem(memoryOf(file));
  } catch {
    return null;
  }
}

function remember(file, place) {
  try {
    localStorage.setItem(memoryOf(file), place);
  } catch { /* without storage it just does not outlive the page */ }
}

function forget(file) {
  try {
    localStorage.removeItem(memoryOf(file));
  } catch { /* as above */ }
}
