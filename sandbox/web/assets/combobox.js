// A text input with a list of suggestions, after the ARIA combobox pattern
// (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/).

import { h } from './dom.js';

const PAUSE_MS = 150;
let made = 0;

/**
 * Makes a combobox.
 * @param {Object} setup
 * @param {Object} setup.props attributes of the input
 * @param {string} [setup.text] what the input holds at first
 * @param {(text: string) => Promise<{options?: {text: string, note?: string}[], hint?: string}>} setup.load
 * @param {(option: Object) => void} setup.onPick
 * @param {() => void} [setup.onLeave] the focus left without a choice
 * @returns {{root: HTMLElement, input: HTMLInputElement, setText: (text: string) => void, close: () => void}}
 */
export function combobox({ props, text = '', load, onPick, onLeave = () => {} }) {
  const id = `list-${++made}`;
  const aria = { role: 'combobox', 'aria-expanded': 'false', 'aria-controls': id, 'aria-autocomplete': 'list' };
  const input = h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', ...aria, ...props });
  const list = h('div.listbox', { id, role: 'listbox', 'aria-label': 'Suggestions', hidden: true });
  const box = new Box(input, list, load, onPick);
  input.value = text;
  input.addEventListener('input', () => box.askSoon());
  input.addEventListener('click', () => box.askSoon(0));
  input.addEventListener('keydown', (event) => box.key(event));
  list.addEventListener('pointerdown', (event) => event.preventDefault()); // Keeps the focus in the input.
  list.addEventListener('click', (event) => box.pick(Number(event.target.closest('[role=option]')?.dataset.index ?? -1)));
  const root = h('div.combobox', {}, input, list);
  root.addEventListener('focusout', () => {
    box.close();
    onLeave();
  });
  return { root, input, setText: (value) => { input.value = value; }, close: () => box.close() };
}

class Box {
  #options = [];
  #active = -1;
  #timer = 0;
  #asked = 0;

  constructor(input, list, load, onPick) {
    Object.assign(this, { input, list, load, onPick });
  }

  askSoon(pause = PAUSE_MS) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), pause);
  }

  async #ask() {
    const asked = ++this.#asked;
    const { options = [], hint = '' } = await this.load(this.input.value);
    // An older answer must not replace a newer one, nor open a list that was left.
    if (asked !== this.#asked || document.activeElement !== this.input) return;
    this.#options = options;
    const rows = options.map((option, i) =>
      h('div.option', { role: 'option', id: `${this.list.id}-${i}`, 'aria-selected': 'false', data: { index: i } },
        h('span', {}, option.text), option.note && h('span.option-note', {}, option.note)));
    const words = hint || (options.length ? '' : 'Nothing found');
    this.list.replaceChildren(...(words ? [h('div.option-hint', { role: 'presentation' }, words)] : rows));
    this.#show(true);
    this.#activate(-1);
  }

  key(event) {
    const open = !this.list.hidden;
    const count = this.#options.length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !open) this.askSoon(0);
    else if (step && count) this.#activate(this.#active < 0 && step < 0 ? count - 1 : (this.#active + step + count) % count);
    else if (event.key === 'Enter' && open && this.#active >= 0) this.pick(this.#active);
    else if (event.key === 'Escape' && open) this.close();
    else return;
    event.preventDefault();
    event.stopPropagation(); // Escape closes the list, and not the modal around it.
  }

  pick(index) {
    const option = this.#options[index];
    if (!option) return;
    this.close();
    this.onPick(option);
  }

  close() {
    clearTimeout(this.#timer);
    this.#asked++;
    this.#show(false);
  }

  #show(open) {
    this.list.hidden = !open;
    this.input.setAttribute('aria-expanded', String(open));
    if (!open) this.input.removeAttribute('aria-activedescendant');
  }

  #activate(index) {
    this.#active = index;
    [...this.list.children].forEach((row, i) => row.setAttribute('aria-selected', String(i === index)));
    if (index < 0) return this.input.removeAttribute('aria-activedescendant');
    this.input.setAttribute('aria-activedescendant', this.list.children[index].id);
    this.list.children[index].scrollIntoView({ block: 'nearest' });
  }
}
