// What is drawn over the film: boxes with names, heat maps at the very place they cover, and the face larger.
import { press } from "./player.js";

const NEAR = 0.3; // seconds: a face is looked for some times a second, and stays drawn between
const HEAT_NEAR = 0.26; // a heat map belongs to one picture; shown while that picture is about to be seen
const COLOURS = ["#ffd166", "#4cc9f0", "#f78fb3", "#95e06c", "#c3a6ff", "#ff9f68", "#7fffd4", "#f5f5f5"];

export class Overlay {
  constructor(media, artifacts) {
    this.media = media;
    this.artifacts = artifacts;
    this.canvas = document.getElementById("overlay");
    this.zoom = document.getElementById("zoom");
    this.persons = [];
    this.heats = [];
    this.size = null;
    this.shown = { boxes: true, heat: false, magnify: false };
    this.now = 0;
    for (const [name, key] of [["boxes", "b"], ["heat", "h"], ["magnify", "z"]]) this.switch(name, key);
    new ResizeObserver(() => this.fit()).observe(media);
    media.addEventListener("load", () => this.fit());
    media.addEventListener("loadedmetadata", () => this.fit());
  }

  load(drawn) {
    this.size = drawn.size;
    this.persons = drawn.persons;
    this.heats = drawn.heats.map((heat) => ({ ...heat, image: this.image(heat.artifact) }));
    this.fit();
  }

  showHeat() {
    this.set("heat", true);
  }

  image(artifact) {
    const image = new Image();
    image.addEventListener("load", () => this.draw(this.now));
    image.src = `${this.artifacts}${artifact}?link=false`;
    return image;
  }

  switch(name, key) {
    document.getElementById(name)?.addEventListener("click", () => this.set(name, !this.shown[name]));
    addEventListener("keydown", (event) => {
      const busy = event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input:not([type=range]), textarea, select");
      if (event.key === key && !busy && document.getElementById(name)) this.set(name, !this.shown[name]);
    });
  }

  set(name, on) {
    this.shown[name] = on;
    press(name, on);
    this.draw(this.now);
  }

  /** The canvas lies exactly over the picture, one pixel for one of the screen. */
  fit() {
    const { offsetLeft, offsetTop, clientWidth, clientHeight } = this.media;
    const ratio = devicePixelRatio || 1;
    Object.assign(this.canvas, { width: Math.round(clientWidth * ratio), height: Math.round(clientHeight * ratio) });
    Object.assign(this.canvas.style, { left: `${offsetLeft}px`, top: `${offsetTop}px`, width: `${clientWidth}px`, height: `${clientHeight}px` });
    this.draw(this.now);
  }

  draw(now) {
    this.now = now;
    const pen = this.canvas.getContext("2d");
    pen.resetTransform();
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (!this.size) return;
    const scale = this.canvas.width / this.size[0];
    const faces = this.persons.map((person, number) => ({ ...at(person.boxes, now), subject: person.subject, number })).filter((face) => face.box);
    if (this.shown.heat) this.drawHeat(pen, scale, now);
    if (this.shown.boxes) for (const face of faces) drawBox(pen, scale, face);
    this.enlarge(faces);
  }

  drawHeat(pen, scale, now) {
    const still = !(this.media instanceof HTMLVideoElement);
    for (const heat of this.heats) {
      if ((!still && Math.abs(heat.time - now) > HEAT_NEAR) || !heat.image.complete || !heat.image.naturalWidth) continue;
      const [[x, y], [rightX, rightY], [downX, downY]] = heat.corners;
      const side = heat.image.naturalWidth;
      pen.setTransform((scale * (rightX - x)) / side, (scale * (rightY - y)) / side, (scale * (downX - x)) / side, (scale * (downY - y)) / side, scale * x, scale * y);
      pen.drawImage(heat.image, 0, 0);
      pen.resetTransform();
    }
  }

  enlarge(faces) {
    this.zoom.hidden = !(this.shown.magnify && faces.length);
    if (this.zoom.hidden) return;
    const [x, y, width, height] = faces[0].box;
    const side = 1.5 * Math.max(width, height);
    const pen = this.zoom.getContext("2d");
    pen.fillRect(0, 0, this.zoom.width, this.zoom.height);
    pen.drawImage(this.media, x + width / 2 - side / 2, y + height / 2 - side / 2, side, side, 0, 0, this.zoom.width, this.zoom.height);
  }
}

function drawBox(pen, scale, face) {
  const [x, y, width, height] = face.box.map((value) => value * scale);
  const ratio = devicePixelRatio || 1;
  pen.lineWidth = 2.5 * ratio;
  pen.strokeStyle = COLOURS[face.number % COLOURS.length];
  pen.strokeRect(x, y, width, height);
  [pen.direction, pen.textAlign] = ["ltr", "left"];
  pen.font = `600 ${13 * ratio}px system-ui, sans-serif`;
  const space = pen.measureText(face.subject).width + 12 * ratio;
  const top = Math.max(0, y - 22 * ratio);
  pen.fillStyle = pen.strokeStyle;
  pen.fillRect(x - pen.lineWidth / 2, top, space, 22 * ratio);
  pen.fillStyle = "#10161b";
  pen.fillText(face.subject, x + 6 * ratio, top + 16 * ratio);
}

/** The box at a time: between two looks that are near each other, in between; else the nearest, if it is near. */
function at(boxes, now) {
  if (!boxes.length) return { box: null };
  let low = 0;
  let high = boxes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (boxes[middle][0] <= now) low = middle + 1;
    else high = middle;
  }
  const before = boxes[low - 1];
  const after = boxes[low];
  if (before && after && after[0] - before[0] <= 4 * NEAR) {
    const share = (now - before[0]) / (after[0] - before[0] || 1);
    return { box: [1, 2, 3, 4].map((i) => before[i] + share * (after[i] - before[i])) };
  }
  const nearest = [before, after].filter(Boolean).sort((a, b) => Math.abs(a[0] - now) - Math.abs(b[0] - now))[0];
  return { box: boxes.length === 1 || Math.abs(nearest[0] - now) <= NEAR ? nearest.slice(1) : null };
}
