// Interactive elements. Each renderer takes a Block Kit element and its spot.

import { dataOf, press } from './acts.js';
import { checkboxes, datePicker, radioButtons, textInput } from './inputs.js';
import { h, icon } from './dom.js';
import { safeURL } from './refs.js';
import { externalSelect, staticSelect } from './selects.js';
import { plain } from './text.js';

const RENDERERS = {
  button,
  overflow,
  image,
  static_select: staticSelect,
  external_select: externalSelect,
  radio_buttons: radioButtons,
  checkboxes,
  datepicker: datePicker,
  plain_text_input: textInput,
  number_input: textInput,
  email_text_input: textInput,
  url_text_input: textInput,
};

/**
 * Renders an element of a block; an unknown one is shown as such.
 * @param {Object} element
 * @param {import('./acts.js').Spot} spot
 * @returns {HTMLElement}
 */
export function renderElement(element, spot) {
  const render = RENDERERS[element.type];
  return render ? render(element, spot) : h('span.unknown', {}, `unknown element type ${element.type}`);
}

/**
 * A picture. The page loads nothing from elsewhere, so a picture that is not the demo's
 * own is told by its words.
 * @param {{image_url?: string, alt_text?: string}} element
 * @returns {HTMLElement}
 */
export function image(element) {
  const alt = element.alt_text ?? '';
  const words = h('span.image-alt', { role: 'img', 'aria-label': alt || 'image' }, alt || 'image');
  const src = safeURL(element.image_url);
  if (!src || new URL(src).origin !== location.origin) return words;
  return h('img', { src, alt, loading: 'lazy', on: { error: (event) => event.target.replaceWith(words) } });
}

function button(element, spot) {
  const style = element.style === 'primary' || element.style === 'danger' ? `.${element.style}` : '';
  const props = { data: dataOf(element, spot), 'aria-label': element.accessibility_label };
  const label = h('span.button-label', {}, plain(element.text));
  if (element.url) return urlButton(element, spot, style, props, label);
  const control = h(`button.button${style}`, { type: 'button', ...props }, label);
  control.addEventListener('click', () => press(control, element, spot));
  return control;
}

/** Opens the address and tells the bot, which Slack does as well. */
function urlButton(element, spot, style, props, label) {
  const href = safeURL(element.url);
  if (!href) return h(`button.button${style}`, { type: 'button', disabled: true, ...props }, label);
  const control = h(`a.button${style}`, { href, target: '_blank', rel: 'noopener noreferrer', ...props }, label);
  control.addEventListener('click', async (event) => {
    if (!element.confirm) return press(control, element, spot);
    event.preventDefault();
    if (await press(control, element, spot)) window.open(href, '_blank', 'noopener,noreferrer');
  });
  return control;
}

/** A "more" button with a small menu. */
function overflow(element, spot) {
  const props = { type: 'button', 'aria-label': 'More actions', 'aria-haspopup': 'menu', 'aria-expanded': 'false' };
  const control = h('button.button.overflow-button', { ...props, data: dataOf(element, spot) }, icon('more'));
  const items = (element.options ?? []).map((option) => overflowItem(option));
  const menu = h('div.menu', { role: 'menu', hidden: true }, items);
  const show = (open) => {
    menu.hidden = !open;
    control.setAttribute('aria-expanded', String(open));
    if (open) items[0]?.focus();
  };
  control.addEventListener('click', () => show(menu.hidden));
  menu.addEventListener('click', (event) => {
    const item = event.target.closest('[role=menuitem]');
    if (!item) return;
    show(false);
    control.focus();
    press(control, element, spot, { selected_option: item.dataset.value });
  });
  const wrap = h('span.overflow', {}, control, menu);
  wrap.addEventListener('keydown', (event) => overflowKey(event, items, () => { show(false); control.focus(); }));
  wrap.addEventListener('focusout', (event) => wrap.contains(event.relatedTarget) || show(false));
  return wrap;
}

function overflowItem(option) {
  const href = option.url ? safeURL(option.url) : null;
  const props = { role: 'menuitem', tabindex: '-1', data: { value: option.value ?? '' } };
  if (href) return h('a.menu-item', { href, target: '_blank', rel: 'noopener noreferrer', ...props }, plain(option.text));
  return h('button.menu-item', { type: 'button', ...props }, plain(option.text));
}

function overflowKey(event, items, close) {
  const at = items.indexOf(document.activeElement);
  if (at < 0) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) items[(at + step + items.length) % items.length].focus();
  else if (event.key === 'Escape') close();
  else return;
  event.preventDefault();
  event.stopPropagation(); // Escape closes the menu, and not the modal around it.
}

