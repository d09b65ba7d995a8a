// What to try: each line does, or leads to, what it says.

import { h, reconcile } from './dom.js';
import { section } from './panelframe.js';

const FIND_MS = 3000;

/** Lists what to try. */
export class Tour {
  /** @param {import('./panel.js').Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.list = h('ol.tour');
    this.root = section('tour', 'What to try', this.list);
  }

  render({ tour }) {
    this.root.hidden = !tour?.length;
    reconcile(this.list, (tour ?? []).map((step) => ({ key: step.words, sig: JSON.stringify(step), build: () => this.#item(step) })));
  }

  #item(step) {
    const button = h('button.tour-step', { type: 'button' }, step.words);
    button.addEventListener('click', () => this.#take(step));
    return h('li', {}, button);
  }

  async #take({ as, in: place, find, skip, next, show }) {
    const { panel } = this;
    if (as) panel.live.go(as, place);
    if (next) await panel.act({ do: 'next', choice: next });
    if (skip) await panel.skip(skip);
    if (show) return panel.show(show);
    panel.giveWay();
    if (find) leadTo(find, as);
  }
}

/** Brings the newest message that says something into view, its first button in focus. */
async function leadTo(words, as) {
  for (const end = performance.now() + FIND_MS; performance.now() < end; await nextFrame()) {
    if (document.body.dataset.ready !== as) continue;
    const message = [...document.querySelectorAll('#messages article.message')].findLast((m) => m.innerText.includes(words));
    if (!message) continue;
    message.scrollIntoView({ block: 'center' });
    message.querySelector('[data-action-id="pay"]')?.focus({ preventScroll: true });
    return;
  }
}

function nextFrame() {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}
