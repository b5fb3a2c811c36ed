// The words of this page's language, which the server sent with it.
const tables = JSON.parse(document.getElementById("words").dataset.words);
const language = document.documentElement.lang;

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));

export const say = (name, values = {}) => filled(tables.say[name], values);
export const detector = (name) => tables.detector[name] ?? name.replaceAll("_", " ");
export const subject = (name) => tables.subject[name] ?? name;
export const state = (name) => tables.state[name] ?? name;
export const silence = (reason) => tables.silence[reason] ?? reason;
export const note = (code) => tables.note[code] ?? code;
export const errorText = (code) => tables.error[code];

/** A problem document in words: our own for a known code, else the server's. */
export function problemText(problem) {
  const own = errorText(problem.code);
  if (own) return own;
  return [problem.detail, problem.hint].filter(Boolean).join(" ") || errorText("internal");
}

/** Foreign text with every character that has no picture of its own (control, direction, unassigned) shown by its code. */
export const visible = (text) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, (char) => `\u27e8U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}\u27e9`);

export const percent = (value) =>
  `${new Intl.NumberFormat(language, { maximumFractionDigits: value < 0.0995 || value > 0.9005 ? 1 : 0, numberingSystem: "latn" }).format(100 * value)} %`;

export function bytes(count) {
  const units = ["B", "kB", "MB", "GB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value.toFixed(unit === 0 || value >= 100 ? 0 : 1)} ${units[unit]}`;
}

export function clock(seconds, tenths = true) {
  const scale = tenths ? 10 : 1;
  const units = Math.floor(Math.max(0, seconds) * scale + 0.5);
  const whole = Math.floor(units / scale);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = String(rest).padStart(2, "0");
  const text = hours ? `${hours}:${String(minutes).padStart(2, "0")}:${two}` : `${minutes}:${two}`;
  return tenths ? `${text}.${units % 10}` : text;
}

/** A time of the API as this machine's clock and this language write it. */
export const moment = (text) => new Intl.DateTimeFormat(`${language}-u-nu-latn`, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));

export const announce = (text) => {
  document.getElementById("announce").textContent = text;
};
