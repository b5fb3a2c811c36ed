// The timeline: where the player stands, curves of the signals, marks of the heat maps, and clicks that lead there.
import { say, clock } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

export class Timeline {
  constructor(player, duration) {
    this.player = player;
    this.duration = duration;
    this.heads = [...document.querySelectorAll(".playhead")];
    this.seek = document.getElementById("seek");
    this.seek?.addEventListener("input", () => player.seek(Number(this.seek.value)));
    for (const strip of document.querySelectorAll(".strip")) strip.addEventListener("click", (event) => this.click(strip, event));
    player.listeners.push((now) => this.show(now));
  }

  click(strip, event) {
    if (event.target.closest("a, input")) return;
    const box = strip.getBoundingClientRect();
    const time = (this.duration * (event.clientX - box.left)) / box.width;
    this.player.jump(time, time);
  }

  choose(start, end) {
    for (const one of document.querySelectorAll(".segment")) {
      if (Number(one.dataset.start) === start && Number(one.dataset.end) === end) one.classList.add("current");
    }
  }

  show(now) {
    const place = `${Math.min(100, (100 * now) / this.duration)}%`;
    for (const head of this.heads) {
      head.setAttribute("x1", place);
      head.setAttribute("x2", place);
    }
    if (this.seek) {
      this.seek.value = String(now);
      this.seek.setAttribute("aria-valuetext", clock(now));
    }
  }
}

const lane = (detector, subject, within = document) =>
  [...within.querySelectorAll("[data-detector]")].find((one) => one.dataset.detector === detector && one.dataset.subject === subject);

/** Probability over time, from bottom (0) to top (1), into each lane `within` a part of the page. */
export function drawCurves(signals, duration, within = document) {
  for (const signal of signals) {
    const curve = lane(signal.detector, signal.subject, within)?.querySelector(".curve");
    if (!curve || signal.points.length < 2) continue;
    const half = document.createElementNS(SVG, "line");
    for (const [name, value] of Object.entries({ x1: 0, x2: 1000, y1: 50, y2: 50 })) half.setAttribute(name, String(value));
    const line = document.createElementNS(SVG, "polyline");
    line.setAttribute("points", signal.points.map(([time, p]) => `${((1000 * time) / duration).toFixed(1)},${(100 - 100 * p).toFixed(1)}`).join(" "));
    curve.append(half, line);
  }
}

/** A mark in the lane of its face for every heat map; it leads there and shows the heat. */
export function markHeats(heats, duration, jump, show) {
  for (const heat of heats) {
    const strip = lane("face", heat.subject)?.querySelector(".strip") ?? document.querySelector(`.lane[data-subject="${CSS.escape(heat.subject)}"] .strip`);
    if (!strip) continue;
    const link = document.createElementNS(SVG, "a");
    link.setAttribute("href", "#player");
    link.setAttribute("class", "heat-mark-link");
    link.setAttribute("aria-label", say("heat_at", { time: clock(heat.time) }));
    const mark = document.createElementNS(SVG, "circle");
    for (const [name, value] of Object.entries({ cx: `${(100 * heat.time) / duration}%`, cy: 36, r: 5, class: "heat-mark" })) mark.setAttribute(name, String(value));
    link.append(mark);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      show();
      jump(heat.time);
    });
    strip.append(link);
  }
}
