// Behind the scenes: what stands beside the pretend Slack when the demo has it. This file asks for
// its state and sends what people do there; each part draws itself.

import { announce } from './announce.js';
import { fetchPanel, postPanel } from './api.js';
import { Gateway } from './gateway.js';
import { TimeMachine } from './machine.js';
import { frame } from './panelframe.js';
import { Tour } from './tour.js';
import { Wire } from './wire.js';

/** The panel, if the demo has one. */
export class Panel {
  /** Newest state, or null before the first answer, or without a panel. */
  state = null;
  #parts = [];
  #frame = null;
  #round = null;
  #again = false;
  #newest = 0;
  #offset = 0;

  /** @param {import('./live.js').Live} live */
  constructor(live) {
    this.live = live;
  }

  /** Adds the panel when the demo has one. */
  async start() {
    const state = await fetchPanel(0);
    if (!state) return;
    this.#parts = [new TimeMachine(this), new Tour(this), new Gateway(this), new Wire(this)];
    this.#frame = frame(this.#parts);
    this.#accept(state);
    setInterval(() => this.#tick(), 1000);
  }

  /** Asks anew; calls made meanwhile are folded into one more question. */
  refresh() {
    if (!this.#frame) return Promise.resolve();
    this.#again = true;
    this.#round ??= this.#askUntilQuiet().finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  async #askUntilQuiet() {
    while (this.#again) {
      this.#again = false;
      const state = await fetchPanel(this.#newest);
      if (!state) return;
      // A demo that was restarted counts from one again.
      if (state.newest < this.#newest) {
        this.#newest = 0;
        this.#again = true;
        for (const part of this.#parts) part.reset?.();
      } else this.#accept(state);
    }
  }

  #accept(state) {
    this.state = state;
    this.#newest = state.newest;
    this.#offset = Date.parse(state.now) - Date.now();
    for (const part of this.#parts) part.render(state);
    this.#tick();
  }

  /**
   * Does something in the pretend world.
   * @param {Object} deed see POST /panel
   * @returns {Promise<{ok: boolean, error?: string}>}
   */
  async act(deed) {
    const answer = await postPanel(deed);
    if (!answer.ok) this.live.heard.onTrouble(`That did not work: ${answer.error}.`);
    await this.refresh();
    return answer;
  }

  /**
   * Skips ahead, and says where that led.
   * @param {string} by "hour", "day" or "due"
   */
  async skip(by) {
    const { ok } = await this.act({ do: 'skip', by });
    if (ok) announce(`It is now ${this.inZone(this.now(), { dateStyle: 'full', timeStyle: 'short' })}.`);
  }

  /** The pretend time. */
  now() {
    return new Date(Date.now() + this.#offset);
  }

  /**
   * A time as the finance team's clock shows it.
   * @param {Date|string} at
   * @param {Object} options of Intl.DateTimeFormat
   * @returns {string}
   */
  inZone(at, options) {
    return new Intl.DateTimeFormat('en-GB', { timeZone: this.state.zone, ...options }).format(new Date(at));
  }

  /** Opens the panel and leads to one of its parts. */
  show(part) {
    this.#frame.open();
    const section = document.getElementById(`panel-${part}`);
    section.open = true;
    section.scrollIntoView({ block: 'start' });
    section.querySelector('summary').focus();
  }

  /** Gives way to the Slack that it covers on a narrow screen. */
  giveWay() {
    this.#frame.giveWay();
  }

  #tick() {
    const now = this.now();
    this.#frame.tell(this.inZone(now, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }));
    for (const part of this.#parts) part.tick?.(now);
  }
}
