// All that goes over the line between the bot and the pretend services, newest first.

import { fetchEntry } from './api.js';
import { h } from './dom.js';
import { section } from './panelframe.js';

/** How many lines are kept, of what happened and of what was only asked. */
const MOST = { happened: 300, asked: 100 };
const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit' };

/** Shows the log. */
export class Wire {
  #kept = { happened: [], asked: [] };

  /** @param {import('./panel.js').Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.list = h('ol.wire', { 'aria-label': 'Newest first' });
    const box = h('input', { type: 'checkbox', id: 'wire-reads' });
    box.addEventListener('change', () => this.list.classList.toggle('with-reads', box.checked));
    this.none = h('p.panel-note', {}, 'Nothing yet.');
    this.root = section('log', 'What goes over the line',
      h('label.choice.wire-reads', {}, box, h('span', {}, 'Show what the bot only asks, too')), this.none, this.list);
  }

  render({ log, newest }) {
    for (const entry of log) this.#add(entry);
    this.none.hidden = newest > 0;
  }

  /** Begins a new log, as a demo does that was restarted. */
  reset() {
    this.#kept = { happened: [], asked: [] };
    this.list.replaceChildren();
  }

  #add(entry) {
    const shelf = entry.read ? 'asked' : 'happened';
    const node = this.#node(entry);
    this.list.prepend(node);
    this.#kept[shelf].push(node);
    if (this.#kept[shelf].length > MOST[shelf]) this.#kept[shelf].shift().remove();
  }

  #node(entry) {
    const { seq, at, from, to, what, line, outcome, ok, read } = entry;
    const summary = h('summary', {},
      h('span.wire-top', {}, h('span.wire-way', {}, `${from} → ${to}`), h('time', { datetime: at }, this.panel.inZone(at, CLOCK))),
      h('code.wire-what', {}, what), ' ', h(`span.wire-outcome${ok ? '' : '.bad'}`, {}, outcome),
      line && h('span.wire-line', {}, line));
    const said = h('div.wire-said');
    const details = h('details', {}, summary, said);
    details.addEventListener('toggle', () => details.open && !said.hasChildNodes() && this.#tell(seq, said));
    return h(`li.wire-entry.to-${to.toLowerCase()}${read ? '.read' : ''}`, { data: { seq } }, details);
  }

  async #tell(seq, said) {
    const entry = await fetchEntry(seq);
    if (!entry) return said.replaceChildren(h('p.panel-note', {}, 'The demo no longer remembers this one.'));
    const part = (title, value) => value !== null &&
      [h('p.panel-label', {}, title), h('pre', { tabindex: '0' }, JSON.stringify(value, null, 2))];
    said.replaceChildren(...[part('Sent', entry.sent), part('Answer', entry.got)].flat().filter(Boolean));
  }
}
