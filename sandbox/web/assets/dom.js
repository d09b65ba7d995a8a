// Building and renewing DOM nodes. Data never passes through innerHTML here or
// anywhere else on this page: what a bill says can only ever become text.

/**
 * Makes an element.
 * @param {string} tag tag name with optional classes: "p", "span.badge.big".
 * @param {Object} [props] attributes; `on` holds listeners, `data` data-attributes; null and false are left out.
 * @param {...(Node|string|null|false|Array)} children nodes or text; null and false are left out.
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const el = document.createElement(name);
  if (classes.length) el.className = classes.join(' ');
  const { on = {}, data = {}, ...attributes } = props ?? {};
  for (const [key, value] of Object.entries(attributes)) setAttribute(el, key, value);
  for (const [key, value] of Object.entries(data)) if (value != null) el.dataset[key] = value;
  for (const [event, listener] of Object.entries(on)) el.addEventListener(event, listener);
  el.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return el;
}

function setAttribute(el, key, value) {
  if (value == null || value === false) return;
  el.setAttribute(key, value === true ? '' : value);
}

const ICONS = {
  hash: 'M6.5 2.5 5 13.5M11 2.5 9.5 13.5M2.8 5.8h10.6M2.4 10.2H13',
  home: 'M2.5 7.5 8 2.8l5.5 4.7M4 6.8v6.4h8V6.8M6.8 13v-3.4h2.4V13',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  back: 'M9.5 3 4.5 8l5 5',
  more: 'M8 3.4v.2M8 7.9v.2M8 12.4v.2',
  send: 'M2.8 13.2 13.8 8 2.8 2.8l1.6 5.2zM4.4 8h4',
  eye: 'M1.8 8S4 3.8 8 3.8 14.2 8 14.2 8 12 12.2 8 12.2 1.8 8 1.8 8zM8 6.4a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2',
  down: 'M8 3v9.5M4 8.8l4 4 4-4',
  up: 'M8 13V3.5M4 7.2l4-4 4 4',
  clock: 'M8 1.9a6.1 6.1 0 1 1 0 12.2A6.1 6.1 0 0 1 8 1.9M8 4.8V8l2.3 1.5',
  warn: 'M8 2.5 14.3 13H1.7zM8 6.5v3M8 11.2v.1',
  info: 'M8 1.9a6.1 6.1 0 1 1 0 12.2A6.1 6.1 0 0 1 8 1.9M8 7.4v3.6M8 5v.1',
  done: 'M8 1.9a6.1 6.1 0 1 1 0 12.2A6.1 6.1 0 0 1 8 1.9M5.2 8.2l2 2 3.6-4',
};

/**
 * A line icon; decoration only, so hidden from screen readers.
 * @param {keyof ICONS} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

/** What a node was built from, so that an unchanged one is left alone. */
const origin = new WeakMap();

/**
 * Makes the children of parent match items with the fewest changes: a node whose
 * key and sig are unchanged is neither rebuilt nor moved, so focus, scroll position,
 * and what is typed in it survive.
 * @param {Element} parent whose children this function owns.
 * @param {{key: string, sig: string, build: () => Element}[]} items keys must differ from each other.
 */
export function reconcile(parent, items) {
  const wanted = new Set(items.map((item) => item.key));
  const present = new Map();
  // Leftovers go first: a kept node that has to move past one would lose its focus.
  for (const node of [...parent.children]) {
    const key = origin.get(node)?.key;
    if (!wanted.has(key) || present.has(key)) node.remove();
    else present.set(key, node);
  }
  let cursor = parent.firstElementChild;
  for (const item of items) {
    const node = renew(present.get(item.key), item);
    if (present.get(item.key) === cursor || node === cursor) cursor = node.nextElementSibling;
    else parent.insertBefore(node, cursor);
  }
}

function renew(old, { key, sig, build }) {
  if (old && origin.get(old).sig === sig) return old;
  const fresh = build();
  origin.set(fresh, { key, sig });
  if (old) keepFocus(() => old.replaceWith(fresh));
  return fresh;
}

/**
 * Runs change, and puts the keyboard focus and the caret back on the control that
 * stands for the same thing afterwards, when change took them away.
 * @param {() => void} change
 */
export function keepFocus(change) {
  const before = document.activeElement;
  const selector = controlSelector(before);
  const caret = before && 'selectionStart' in before ? [before.selectionStart, before.selectionEnd] : null;
  change();
  if (!selector || before.isConnected) return;
  const after = document.querySelector(selector);
  if (!after) return;
  after.focus({ preventScroll: true });
  if (caret?.[0] != null && 'setSelectionRange' in after) after.setSelectionRange(...caret);
}

const STABLE = ['view', 'ts', 'blockId', 'actionId', 'place', 'person'];

/**
 * A selector that finds the same control again after it was rebuilt; empty when the
 * element carries none of the stable data-attributes.
 * @param {Element|null} el
 * @returns {string}
 */
export function controlSelector(el) {
  if (!el?.dataset) return '';
  const parts = STABLE.filter((key) => el.dataset[key] !== undefined).map((key) => {
    const attribute = key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
    return `[data-${attribute}="${CSS.escape(el.dataset[key])}"]`;
  });
  if (!parts.length) return '';
  const choice = el.type === 'radio' || el.type === 'checkbox' ? `[value="${CSS.escape(el.value)}"]` : '';
  return el.localName + parts.join('') + choice;
}
