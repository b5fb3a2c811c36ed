// Files that become one batch: asked for when the last of them was sent, was refused or was given up.
import { call } from "./api.js";

export class Together {
  /** `ask` gives the options of each analysis; `done` is told the batch, or the problem that there was, with its items. */
  constructor(count, ask, done) {
    this.open = count;
    this.sent = [];
    this.ask = ask;
    this.done = done;
  }

  /** An item was sent: its upload is part of the batch. */
  add(item, upload) {
    this.sent.push({ item, upload });
    return this.settle();
  }

  /** An item is no part of it. */
  drop() {
    return this.settle();
  }

  async settle() {
    if (this.open === 0) return;
    this.open -= 1;
    if (this.open > 0 || !this.sent.length) return;
    const { label, ...options } = this.ask();
    const body = { items: this.sent.map(({ upload }) => ({ upload, options: label ? { ...options, label } : options })) };
    if (label) body.label = label;
    const items = this.sent.map(({ item }) => item);
    try {
      this.done(items, await call("POST", "/v1/batches", body, { "Idempotency-Key": `batch-${this.sent[0].upload}` }), null);
    } catch (problem) {
      this.done(items, null, problem);
    }
  }
}
