// The player: jumps, single frames, loops of a stretch, slow motion, all by keys too.
import { clock, say } from "./words.js";

const SLOW = 0.25;
const BEYOND = 0.001; // seconds past the start of a frame, so that rounding never shows the one before

export class Player {
  constructor(media, facts, overlay) {
    this.media = media;
    this.duration = facts.duration;
    this.frame = 1 / (facts.rate || 25);
    this.overlay = overlay;
    this.stretch = null;
    this.looping = false;
    this.listeners = [];
    this.stretches = [...document.querySelectorAll(".segment")]
      .map((one) => ({ start: Number(one.dataset.start), end: Number(one.dataset.end) }))
      .sort((a, b) => a.start - b.start);
    this.buttons();
    this.keys();
    media.addEventListener("error", () => this.broken());
    if (media.error) this.broken();
    for (const name of ["timeupdate", "seeked", "loadeddata", "play", "pause", "ratechange"]) media.addEventListener(name, () => this.moved());
    this.moved();
    this.tick();
  }

  /** Show a place; `end` bounds what a loop repeats. */
  jump(start, end, text = "") {
    this.stretch = end - start > this.frame ? { start, end } : null;
    if (!this.stretch && this.looping) this.loop(false);
    this.seek(start);
    if (text) this.say(text);
    else if (this.looping) this.say(say("loop_on", { start: clock(start), end: clock(end) }));
  }

  seek(time) {
    const last = Math.max(0, (this.media.duration || this.duration) - this.frame / 2);
    this.media.currentTime = Math.min(Math.max(0, time + BEYOND), last);
  }

  step(count) {
    this.media.pause();
    const number = Math.floor(this.media.currentTime / this.frame + 1e-6) + count;
    this.seek(number * this.frame);
    this.say(say("frame", { number: Math.max(0, number) }));
  }

  toggle() {
    if (this.media.paused) this.media.play().catch(() => {});
    else this.media.pause();
  }

  loop(on = !this.looping) {
    this.looping = on;
    if (on && !this.stretch) this.stretch = this.near() ?? { start: 0, end: this.duration };
    press("loop", on);
    this.say(on ? say("loop_on", { start: clock(this.stretch.start), end: clock(this.stretch.end) }) : say("loop_off"));
    if (on && !this.inside()) this.seek(this.stretch.start);
  }

  slow() {
    this.media.playbackRate = this.media.playbackRate < 1 ? 1 : SLOW;
    press("slow", this.media.playbackRate < 1);
    this.say(say("speed", { value: `×${this.media.playbackRate}` }));
  }

  /** The next stretch, or the one before. */
  hop(direction) {
    const now = this.media.currentTime;
    const later = this.stretches.filter((one) => one.start > now + this.frame);
    const earlier = this.stretches.filter((one) => one.start < now - this.frame);
    const found = direction > 0 ? later[0] : earlier.at(-1);
    if (found) this.jump(found.start, found.end);
  }

  near() {
    const now = this.media.currentTime;
    return this.stretches.find((one) => one.start <= now && now < one.end) ?? this.stretches[0];
  }

  inside() {
    return this.media.currentTime >= this.stretch.start - this.frame && this.media.currentTime < this.stretch.end;
  }

  moved() {
    const now = this.media.currentTime;
    document.getElementById("time").textContent = `${clock(now)} / ${clock(this.duration)}`;
    const button = document.getElementById("play");
    button.classList.toggle("playing", !this.media.paused);
    button.setAttribute("aria-label", say(this.media.paused ? "play" : "stop"));
    this.overlay.draw(now);
    for (const listener of this.listeners) listener(now);
  }

  tick() {
    if (!this.media.paused) {
      if (this.looping && !this.inside()) this.seek(this.stretch.start);
      this.moved();
    }
    requestAnimationFrame(() => this.tick());
  }

  broken() {
    const told = document.getElementById("cannot");
    told.textContent = say("cannot_play");
    told.hidden = false;
  }

  say(text) {
    document.getElementById("player-note").textContent = text;
  }

  buttons() {
    const on = (id, run) => document.getElementById(id)?.addEventListener("click", run);
    on("play", () => this.toggle());
    on("step-back", () => this.step(-1));
    on("step-on", () => this.step(1));
    on("loop", () => this.loop());
    on("slow", () => this.slow());
    this.media.addEventListener("click", () => this.toggle());
  }

  keys() {
    const run = {
      k: () => this.toggle(),
      ",": () => this.step(-1),
      ".": () => this.step(1),
      j: () => this.seek(this.media.currentTime - 5),
      l: () => this.seek(this.media.currentTime + 5),
      "[": () => this.hop(-1),
      "]": () => this.hop(1),
      o: () => this.loop(),
      s: () => this.slow(),
    };
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || document.getElementById("help").open) return;
      if (event.target.closest?.("input:not([type=range], [type=radio]), textarea, select")) return;
      run[event.key]?.();
    });
  }
}

export const press = (id, on) => document.getElementById(id)?.setAttribute("aria-pressed", String(on));
