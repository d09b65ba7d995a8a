// The modal dialog: shows the top view of the stack, keeps the focus inside, and tells
// screen readers when its content is swapped.

import { controlSelector, h } from './dom.js';
import { ViewForm } from './viewform.js';

const FOCUSABLE = 'button:not([disabled]), a[href], input, select, textarea, [tabindex="0"]';

/** Shows the top view of state.modals in #modal. */
export class Modal {
  #form = null;
  #shown = '';
  #content = '';
  #leaving = new Set();
  #opener = '';

  /** @param {import('./live.js').Live} live */
  constructor(live) {
    this.live = live;
    this.dialog = document.getElementById('modal');
    // Inside the dialog: everything outside an open modal is silent for screen readers.
    this.status = h('p.visually-hidden', { role: 'status' });
    this.dialog.addEventListener('keydown', (event) => this.#key(event));
    this.dialog.addEventListener('close', () => this.#shown && this.render());
  }

  /** Makes the dialog match the state; call it after every change. */
  render() {
    const all = this.live.state.modals ?? [];
    const ids = new Set(all.map((v) => v.id));
    for (const id of this.#leaving) if (!ids.has(id)) this.#leaving.delete(id);
    const views = all.filter((v) => !this.#leaving.has(v.id));
    const view = views.at(-1);
    if (view) this.#show(view, views.length > 1);
    else this.#hide();
  }

  #show(view, pushed) {
    const other = view.id !== this.#shown;
    if (other) {
      this.#form = new ViewForm(this.live, () => this.#leave());
      this.dialog.replaceChildren(this.#form.root, this.status);
      this.dialog.dataset.view = view.id;
      this.#shown = view.id;
    }
    this.#form.update(view, pushed);
    if (!this.dialog.open) {
      this.#opener = controlSelector(document.activeElement);
      this.status.textContent = '';
      this.dialog.showModal();
    }
    const content = JSON.stringify([view.id, view.title, view.blocks, view.submit]);
    if (content !== this.#content) this.#swapped(other);
    this.#content = content;
  }

  /** New content: the focus must be somewhere sensible, and the change be heard. */
  #swapped(other) {
    const active = document.activeElement;
    const settled = active?.isConnected && this.dialog.contains(active) && active.matches('input, select, textarea, .modal-body *');
    if (!settled && !this.#form.focusFirst() && (other || !this.dialog.contains(active))) this.#focusDialog();
    if (this.#content) this.status.textContent = this.#form.words();
  }

  #focusDialog() {
    this.dialog.tabIndex = -1;
    this.dialog.focus();
  }

  #hide() {
    this.#shown = '';
    this.#content = '';
    if (!this.dialog.open) return;
    this.dialog.close();
    this.dialog.replaceChildren();
    // The browser gives the focus back itself, unless the opener was redrawn meanwhile.
    if (document.activeElement === document.body && this.#opener) document.querySelector(this.#opener)?.focus();
  }

  /** Closes at once; the demo hears of it, and if it does not, the view comes back. */
  async #leave() {
    const view = this.#shown;
    if (!view) return;
    this.#leaving.add(view);
    this.render();
    const answer = await this.live.act('close', { view });
    if (!answer.ok) this.#leaving.delete(view);
    this.render();
  }

  #key(event) {
    if (event.key === 'Escape') {
      // Not left to the browser, which closes without asking the second time.
      event.preventDefault();
      this.#leave();
    } else if (event.key === 'Tab') this.#wrap(event);
  }

  /** A dialog lets Tab out into the browser's own bars; a Slack modal does not. */
  #wrap(event) {
    const stops = [...this.dialog.querySelectorAll(FOCUSABLE)].filter((el) => el.checkVisibility());
    const [first, last] = [stops[0], stops.at(-1)];
    const at = document.activeElement;
    if (event.shiftKey && (at === first || at === this.dialog)) last?.focus();
    else if (!event.shiftKey && at === last) first?.focus();
    else return;
    event.preventDefault();
  }
}
