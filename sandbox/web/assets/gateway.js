// The payment gateway's own page: what the bank does with the next payment, and what the issuer of an
// invoice does in the gateway. All of it happens at the pretend Stripe; the bot finds out by itself.

import { h } from './dom.js';
import { section } from './panelframe.js';

const CHOICES = [
  ['goes through', 'goes through'],
  ['is declined', 'is declined'],
  ['asks', 'asks for authentication'],
  ['loses the line', 'loses its connection after the charge'],
];
const MET = { 'is declined': 'was declined', asks: 'was asked for authentication', 'loses the line': 'lost its connection after the charge' };

/** Chooses how the next payment ends, and changes invoices as their issuer would. */
export class Gateway {
  #bills = '';

  /** @param {import('./panel.js').Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.choices = CHOICES.map(([value, words]) => this.#choice(value, words));
    this.used = h('p.panel-note', { role: 'status' });
    this.bill = h('select', { id: 'gateway-invoice' });
    this.bill.addEventListener('change', () => this.#suggestAmount());
    this.amount = h('input', { id: 'gateway-amount', inputmode: 'decimal', autocomplete: 'off', 'aria-label': 'New amount' });
    this.currency = h('span.gateway-currency');
    this.done = h('p.panel-note', { role: 'status' });
    this.issuer = this.#issuerForm();
    this.none = h('p.panel-note', {}, 'No invoice is open any more.');
    this.root = section('gateway', 'Payment gateway',
      h('fieldset.next-payment', {}, h('legend', {}, 'The next payment…'), ...this.choices), this.used, this.issuer, this.none, this.done);
  }

  render({ next, invoices }) {
    for (const choice of this.choices) choice.firstChild.checked = choice.firstChild.value === next.choice;
    const at = next.used_at && this.panel.inZone(next.used_at, { hour: '2-digit', minute: '2-digit' });
    this.#tell(this.used, next.used ? `Used at ${at}: ${next.used_for} ${MET[next.used]}. The next payment goes through.` : '');
    this.issuer.hidden = !invoices.length;
    this.none.hidden = invoices.length > 0;
    this.#fillIn(invoices);
  }

  #choice(value, words) {
    const input = h('input', { type: 'radio', name: 'next-payment', value });
    input.addEventListener('change', () => this.panel.act({ do: 'next', choice: value }));
    return h('label.choice', {}, input, h('span', {}, words));
  }

  #issuerForm() {
    const form = h('form.issuer', { autocomplete: 'off' },
      h('label.panel-label', { for: 'gateway-invoice' }, 'An open invoice'),
      h('div.select', {}, this.bill),
      h('div.issuer-row', {}, this.#deed('elsewhere', 'Pay it elsewhere', 'was paid elsewhere'), this.#deed('void', 'Void it', 'was voided')),
      h('div.issuer-row', {}, h('span.amount-box', {}, this.amount, this.currency),
        h('button.button', { type: 'submit', data: { deed: 'amount' } }, 'Change the amount')));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#do('amount', `now costs ${this.amount.value} ${this.currency.textContent}`);
    });
    return form;
  }

  #deed(name, words, told) {
    return h('button.button', { type: 'button', data: { deed: name }, on: { click: () => this.#do(name, told) } }, words);
  }

  async #do(deed, told) {
    const number = this.#chosen()?.number;
    const { ok } = await this.panel.act({ do: deed, invoice: this.bill.value, amount: this.amount.value });
    this.#tell(this.done, ok ? `${number} ${told}. Kvitt finds out within two seconds.` : '');
  }

  #tell(note, words) {
    if (note.textContent !== words) note.textContent = words;
  }

  /** The list is left alone while it stays the same: it may be open just now. */
  #fillIn(invoices) {
    const bills = JSON.stringify(invoices);
    if (bills === this.#bills) return;
    this.#bills = bills;
    const chosen = this.bill.value;
    this.bill.replaceChildren(...invoices.map((bill) => h('option', { value: bill.id }, this.#words(bill))));
    if (invoices.some((bill) => bill.id === chosen)) this.bill.value = chosen;
    this.#suggestAmount();
  }

  #words({ number, amount, currency, due }) {
    return `${number}: ${amount} ${currency}, due ${this.panel.inZone(due, { day: 'numeric', month: 'short' })}`;
  }

  #chosen() {
    return this.panel.state.invoices.find((bill) => bill.id === this.bill.value);
  }

  #suggestAmount() {
    const bill = this.#chosen();
    this.amount.value = bill?.amount ?? '';
    this.currency.textContent = bill?.currency ?? '';
  }
}
