// The line to write in. The pretend Slack understands commands only.

import { combobox } from './combobox.js';
import { h, icon } from './dom.js';

const COMMANDS = [
  ['/invoices', 'all unpaid invoices'],
  ['/invoices due', 'due in the next 14 days'],
  ['/invoices overdue', 'past their due date'],
  ['/invoices paid', 'paid lately'],
  ['/invoices pay ', 'pay one: add its number'],
  ['/invoices help', 'what the bot understands'],
];

/** Sends commands, and keeps what was begun in each conversation. */
export class Composer {
  #begun = new Map();
  #place = '';

  /** @param {import('./live.js').Live} live */
  constructor(live) {
    this.live = live;
    this.form = document.getElementById('composer');
    this.box = combobox({
      props: { id: 'compose', enterkeyhint: 'send' },
      load: async (text) => ({ options: suggestions(text), hint: suggestions(text).length ? '' : 'Press Enter to send' }),
      onPick: (option) => this.box.setText(option.text),
    });
    this.hint = h('p.compose-hint', { id: 'compose-hint', role: 'status' });
    const send = h('button.icon-button.send', { type: 'submit', 'aria-label': 'Send' }, icon('send'));
    this.form.append(h('div.compose-row', {}, this.box.root, send), this.hint);
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  /** Fits the line to the open conversation; App Home has none. */
  render() {
    const { conversation, as, place } = this.live;
    this.form.hidden = !conversation;
    const now = `${as} ${place}`;
    if (!conversation || now === this.#place) return;
    this.#begun.set(this.#place, this.box.input.value);
    this.#place = now;
    this.box.setText(this.#begun.get(now) ?? '');
    this.hint.textContent = '';
    const where = conversation.kind === 'dm' ? conversation.name : `#${conversation.name}`;
    this.box.input.setAttribute('aria-label', `Message ${where}`);
    this.box.input.placeholder = `Message ${where}: try /invoices`;
  }

  async #send() {
    const text = this.box.input.value.trim();
    if (!text) return;
    this.box.close();
    if (!text.startsWith('/')) {
      this.hint.textContent = 'Nobody reads messages in this pretend Slack. Commands work: try /invoices help.';
      return;
    }
    this.hint.textContent = '';
    this.box.setText('');
    const { conversation } = this.live;
    const answer = await this.live.act('command', { channel: conversation.id, text });
    // What was typed comes back when it could not be sent.
    if (!answer.ok && !this.box.input.value) this.box.setText(text);
  }
}

function suggestions(text) {
  if (text && !text.startsWith('/')) return [];
  return COMMANDS.filter(([command]) => command.startsWith(text.trimStart()) && command !== text)
    .map(([command, note]) => ({ text: command, note }));
}
