// The API of this server. A refusal is a problem document (RFC 9457), thrown as `Problem`.
export class Problem extends Error {
  constructor(document) {
    super(document.detail ?? document.code);
    this.code = document.code;
    this.detail = document.detail ?? "";
    this.hint = document.hint ?? "";
  }
}

/** What a response refuses, whatever is in it. */
export function problemOf(status, text) {
  try {
    return new Problem(JSON.parse(text));
  } catch {
    return new Problem({ code: status === 413 ? "too_large" : status === 401 ? "unauthorized" : "internal" });
  }
}

export async function call(method, path, body, headers = {}) {
  const options = { method, headers: { ...headers }, credentials: "same-origin" };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Problem({ code: "offline" });
  }
  if (!answer.ok) throw problemOf(answer.status, await answer.text());
  return answer.status === 204 ? null : answer.json();
}

export const analysisPage = (id) => `/analyses/${id}`;
export const batchPage = (id) => `/batches/${id}`;
export const cancel = (id) => call("POST", `/v1/analyses/${id}/cancel`);
export const remove = (id) => call("DELETE", `/v1/analyses/${id}`);
export const rerun = (id) => call("POST", `/v1/analyses/${id}/reruns`, {});
