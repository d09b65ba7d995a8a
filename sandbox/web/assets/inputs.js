// Elements to fill in, other than menus.

import { currentValue, dataOf, fillIn } from './acts.js';
import { h } from './dom.js';
import { plain, textNode } from './text.js';

const KINDS = { number_input: 'text', email_text_input: 'email', url_text_input: 'url' };

/**
 * plain_text_input and its kin for numbers, e-mail and web addresses.
 * @param {Object} element
 * @param {import('./acts.js').Spot} spot
 * @returns {HTMLElement}
 */
export function textInput(element, spot) {
  const attributes = {
    data: dataOf(element, spot),
    placeholder: plain(element.placeholder) || null,
    maxlength: element.max_length ?? null,
    inputmode: element.type === 'number_input' ? 'decimal' : null,
    ...naming(spot, plain(element.placeholder) || 'Text'),
  };
  const input = element.multiline
    ? h('textarea', { rows: 4, ...attributes })
    : h('input', { type: KINDS[element.type] ?? 'text', autocomplete: 'off', ...attributes });
  input.value = currentValue(element, spot) ?? '';
  input.addEventListener('input', () => {
    fillIn(input, element, spot, input.value, { value: input.value }, { typing: true });
  });
  return input;
}

/**
 * datepicker: the browser's own.
 * @param {Object} element
 * @param {import('./acts.js').Spot} spot
 * @returns {HTMLElement}
 */
export function datePicker(element, spot) {
  const input = h('input', { type: 'date', data: dataOf(element, spot), ...naming(spot, plain(element.placeholder) || 'Date') });
  input.value = currentValue(element, spot) ?? '';
  input.addEventListener('change', () => {
    const date = input.value || null;
    fillIn(input, element, spot, date, { value: date, selected_date: date });
  });
  return input;
}

/**
 * radio_buttons.
 * @param {Object} element
 * @param {import('./acts.js').Spot} spot
 * @returns {HTMLElement}
 */
export function radioButtons(element, spot) {
  const chosen = currentValue(element, spot)?.value;
  return choiceList('radio', element, spot, (option) => option.value === chosen, (option, input) =>
    fillIn(input, element, spot, option, { selected_option: option.value }));
}

/**
 * checkboxes.
 * @param {Object} element
 * @param {import('./acts.js').Spot} spot
 * @returns {HTMLElement}
 */
export function checkboxes(element, spot) {
  let chosen = currentValue(element, spot) ?? [];
  const isChosen = (option) => chosen.some((c) => c.value === option.value);
  return choiceList('checkbox', element, spot, isChosen, (option, input) => {
    chosen = (element.options ?? []).filter((o) => (o.value === option.value ? input.checked : isChosen(o)));
    return fillIn(input, element, spot, chosen, { selected_options: chosen.map((o) => o.value) });
  });
}

function choiceList(type, element, spot, isChosen, onChange) {
  const data = dataOf(element, spot);
  const name = [data.view ?? data.ts, data.blockId, data.actionId].join('/');
  const rows = (element.options ?? []).map((option) => {
    const input = h('input', { type, name, value: option.value, data });
    input.checked = isChosen(option);
    input.addEventListener('change', () => onChange(option, input));
    const words = [h('span', {}, textNode(option.text, spot.desk))];
    if (option.description) words.push(h('span.option-note', {}, textNode(option.description, spot.desk)));
    return h('label.choice', {}, input, h('span.choice-text', {}, words));
  });
  return h('div.choices', { role: type === 'radio' ? 'radiogroup' : 'group', ...naming(spot, 'Choices') }, rows);
}

function naming(spot, otherwise) {
  if (spot.labelledby) return { 'aria-labelledby': spot.labelledby, 'aria-describedby': spot.describedby };
  return { 'aria-label': otherwise };
}
