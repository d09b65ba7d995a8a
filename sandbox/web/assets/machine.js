// The time machine: the pretend date and time, and ways to skip ahead. There is no way back.

import { h } from './dom.js';

const IN_FULL = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' };
const CLOCK = { hour: '2-digit', minute: '2-digit' };

/** Shows the pretend time and skips. */
export class TimeMachine {
  /** @param {import('./panel.js').Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.date = h('span.machine-date');
    this.clock = h('span.machine-clock');
    this.zone = h('span.machine-zone');
    this.time = h('time.machine-now', { id: 'pretend-now' }, this.clock, this.date, this.zone);
    this.due = h('span.skip-note');
    this.toDue = this.#button('due', 'To the due date', this.due);
    const skips = h('div.skips', { role: 'group', 'aria-label': 'Skip ahead' },
      this.#button('hour', '+1 hour'), this.#button('day', '+1 day'), this.toDue);
    this.root = h('section', { id: 'panel-machine', 'aria-label': 'Time machine' }, this.time, skips);
  }

  render(state) {
    this.zone.textContent = `in ${state.zone.split('/').at(-1)}`;
    const { due } = state;
    this.toDue.disabled = !due;
    const day = due && this.panel.inZone(due.at, { weekday: 'short', day: 'numeric', month: 'short' });
    this.due.textContent = due ? `${due.what}, ${day}` : 'nothing is due any more';
  }

  tick(now) {
    const [date, clock] = [this.panel.inZone(now, IN_FULL), this.panel.inZone(now, CLOCK)];
    if (this.date.textContent === date && this.clock.textContent === clock) return;
    this.date.textContent = date;
    this.clock.textContent = clock;
    this.time.dateTime = now.toISOString();
  }

  #button(by, words, ...more) {
    const button = h('button.button', { type: 'button', data: { skip: by } }, h('span.button-label', {}, words), ...more);
    button.addEventListener('click', async () => {
      if (button.getAttribute('aria-busy') === 'true') return;
      button.setAttribute('aria-busy', 'true');
      await this.panel.skip(by);
      button.removeAttribute('aria-busy');
    });
    return button;
  }
}
