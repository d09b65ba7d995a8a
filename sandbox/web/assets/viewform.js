// One view of the modal stack: its form, what is wrong with it, and sending it.

import { currentValue } from './acts.js';
import { blockItems } from './blocks.js';
import { h, icon, reconcile } from './dom.js';
import { makeDesk } from './desk.js';
import { plain } from './text.js';

const REQUIRED = 'Please complete this required field.';

/** The form of one view, from when it is shown until it is closed. */
export class ViewForm {
  #view = null;
  #pushed = false;
  #sending = false;
  #trouble = '';
  #missing = new Map(); // Errors that this page found, by block_id.
  #mended = new Set(); // Blocks that were filled in since the bot called them wrong.
  #errors = '';

  /**
   * @param {import('./live.js').Live} live
   * @param {() => void} onClose the person wants to leave the view.
   */
  constructor(live, onClose) {
    this.live = live;
    this.onClose = onClose;
    this.head = h('header.modal-head');
    this.body = h('div.modal-body');
    this.trouble = h('div.modal-trouble', { role: 'alert' });
    this.blocks = h('div.modal-blocks');
    this.body.append(this.trouble, this.blocks);
    this.foot = h('footer.modal-foot');
    this.root = h('form.modal-form', { novalidate: true, autocomplete: 'off' }, this.head, this.body, this.foot);
    this.root.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  /**
   * Makes the form match its view.
   * @param {Object} view
   * @param {boolean} pushed whether another view lies below it
   */
  update(view, pushed) {
    this.#view = view;
    this.#pushed = pushed;
    const errors = JSON.stringify(view.errors ?? {});
    const newlyWrong = errors !== this.#errors && errors !== '{}';
    if (errors !== this.#errors) {
      this.#errors = errors;
      this.#mended.clear();
    }
    this.#draw();
    if (newlyWrong) this.#focusError();
  }

  /** Puts the focus on the first thing to fill in; false when there is none. */
  focusFirst() {
    const first = this.blocks.querySelector('input, select, textarea');
    first?.focus({ preventScroll: true });
    return Boolean(first);
  }

  /** Title and content, for reading out. */
  words() {
    return `${plain(this.#view.title)}. ${this.blocks.innerText}`.replace(/\s+/g, ' ').slice(0, 400);
  }

  #draw() {
    const view = this.#view;
    const busy = Boolean(view.busy) || this.#sending;
    const desk = makeDesk(this.live, 'modal', { view: view.id }, {
      view,
      errorOf: (block) => this.#errorOf(block),
      onFilledIn: (block) => this.#filledIn(block),
    });
    reconcile(this.head, [this.#headItem(view)]);
    reconcile(this.blocks, blockItems(view.blocks, desk, (block) => this.#errorOf(block.block_id)));
    reconcile(this.foot, this.#footItems(view, busy));
    this.root.setAttribute('aria-busy', String(busy));
    const trouble = view.trouble || this.#trouble;
    if (this.trouble.textContent !== trouble) this.trouble.replaceChildren(...(trouble ? [icon('warn'), trouble] : []));
  }

  #headItem(view) {
    const title = plain(view.title);
    const build = () => h('div.modal-title', {},
      this.#pushed && this.#closer('button.icon-button', 'back', icon('back'), 'Back'),
      h('h2', { id: 'modal-title' }, title),
      this.#closer('button.icon-button', 'x', icon('close'), 'Close'));
    return { key: 'head', sig: `${title} ${this.#pushed}`, build };
  }

  #footItems(view, busy) {
    const closeWords = plain(view.close) || (view.submit ? 'Cancel' : 'Close');
    const items = [{ key: 'close', sig: closeWords, build: () => this.#closer('button.button', 'close', closeWords) }];
    if (!view.submit) return items;
    const words = plain(view.submit);
    // Not disabled while busy: that would throw the keyboard focus out of the modal.
    const state = busy ? { 'aria-disabled': 'true', 'aria-busy': 'true' } : {};
    const build = () => h('button.button.primary', { type: 'submit', ...state, data: { view: view.id, actionId: 'submit' } }, h('span.button-label', {}, words));
    return [...items, { key: 'submit', sig: `${words} ${busy}`, build }];
  }

  #closer(tag, name, content, label = null) {
    const data = { view: this.#view.id, actionId: name };
    return h(tag, { type: 'button', 'aria-label': label, data, on: { click: () => this.onClose() } }, content);
  }

  #errorOf(block) {
    return this.#missing.get(block) ?? (this.#mended.has(block) ? '' : (this.#view.errors?.[block] ?? ''));
  }

  #filledIn(block) {
    const wrong = this.#errorOf(block);
    this.#missing.delete(block);
    this.#mended.add(block);
    if (wrong) this.#draw();
  }

  async #submit() {
    const view = this.#view;
    if (this.#sending || view.busy || !view.submit) return;
    this.#missing = this.#findMissing(view);
    this.#trouble = '';
    this.#sending = this.#missing.size === 0;
    this.#draw();
    if (!this.#sending) return this.#focusError();
    await this.live.drafts.flush();
    const answer = await this.live.act('submit', { view: view.id }, { quiet: true });
    this.#sending = false;
    if (!answer.ok) this.#trouble = `This could not be sent: ${answer.error}. Try again.`;
    // The same errors again are news, too.
    this.#mended.clear();
    this.#draw();
    this.#focusError();
  }

  /** Slack's client checks this itself; the bot never sees an empty required field. */
  #findMissing(view) {
    const isEmpty = (value) => value == null || value === '' || value.length === 0;
    const spot = (block) => ({ desk: { live: this.live, surface: 'modal', place: { view: view.id }, view }, block: block.block_id });
    const empty = (view.blocks ?? []).filter((block) =>
      block.type === 'input' && !block.optional && block.element?.action_id && isEmpty(currentValue(block.element, spot(block))));
    return new Map(empty.map((block) => [block.block_id, REQUIRED]));
  }

  #focusError() {
    const wrong = this.blocks.querySelector('[aria-invalid]');
    (wrong?.matches('.choices') ? wrong.querySelector('input') : wrong)?.focus();
  }
}
