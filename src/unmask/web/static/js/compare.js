// Two analyses side by side: the curves of both, on one scale.
import { call } from "./api.js";
import { drawCurves } from "./timeline.js";

export async function start() {
  const seconds = Number(document.getElementById("compare").dataset.seconds);
  if (!seconds) return;
  for (const side of document.querySelectorAll("[data-side]")) {
    const strips = document.querySelectorAll(`.strip-row[data-of="${side.dataset.side}"]`);
    try {
      const { signals } = await call("GET", `/v1/analyses/${side.dataset.id}/artifacts/player.json?link=false`);
      for (const strip of strips) drawCurves(signals, seconds, strip);
    } catch {
      // an older analysis has no such file: its lanes stay without curves
    }
  }
}
