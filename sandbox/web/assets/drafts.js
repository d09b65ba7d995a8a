// What a person filled in in an open modal. It outlives a redrawn block, as in Slack,
// and is lost when the block comes back under another block_id, as in Slack, too.

/** Typing is sent once it pauses this long. */
const PAUSE_MS = 200;

/** Keeps filled-in values by view, block, and action until their block is gone. */
export class Drafts {
  #values = new Map();
  #waiting = new Map();
  #sending = new Map();

  /**
   * @param {string} view
   * @param {string} block
   * @param {string} action
   * @returns {*} the value, or undefined when nothing was filled in here.
   */
  get(view, block, action) {
    return this.#values.get(view)?.get(block)?.get(action);
  }

  /** Remembers a value; null means "emptied by the person". */
  set(view, block, action, value) {
    const blocks = ensure(this.#values, view);
    ensure(blocks, block).set(action, value);
  }

  /**
   * Sends a value now, or once typing pauses.
   * @param {string} key what the sending is about; a newer one replaces a waiting one.
   * @param {() => Promise} send
   * @param {boolean} soon false waits for the pause.
   */
  send(key, send, soon) {
    clearTimeout(this.#waiting.get(key)?.timer);
    const run = () => {
      this.#waiting.delete(key);
      // After the one before it: of two quick choices the later one has to arrive last.
      const before = this.#sending.get(key) ?? Promise.resolve();
      const sent = before.then(send, send).finally(() => this.#sending.get(key) === sent && this.#sending.delete(key));
      this.#sending.set(key, sent);
    };
    if (soon) run();
    else this.#waiting.set(key, { run, timer: setTimeout(run, PAUSE_MS) });
  }

  /** Resolves once everything filled in so far has reached the demo; call it before submitting. */
  async flush() {
    for (const { run, timer } of [...this.#waiting.values()]) {
      clearTimeout(timer);
      run();
    }
    await Promise.allSettled([...this.#sending.values()]);
  }

  /**
   * Forgets the values of views and blocks that are no longer there.
   * @param {{id: string, blocks: {block_id: string}[]}[]} views
   */
  prune(views) {
    const alive = new Map(views.map((v) => [v.id, new Set((v.blocks ?? []).map((b) => b.block_id))]));
    for (const [view, blocks] of this.#values) {
      if (!alive.has(view)) this.#values.delete(view);
      else for (const block of blocks.keys()) if (!alive.get(view).has(block)) blocks.delete(block);
    }
  }
}

function ensure(map, key) {
  if (!map.has(key)) map.set(key, new Map());
  return map.get(key);
}
