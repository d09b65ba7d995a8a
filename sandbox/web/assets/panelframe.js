// The frame of the panel: a column at the right of a wide screen, a drawer on a narrow one.

import { h, icon } from './dom.js';

const WIDE = '(min-width: 1180px)';
const COVERED = ['main', 'sidebar'];

/**
 * Adds the panel to the page, open where there is room for it.
 * @param {{root: HTMLElement}[]} parts
 * @returns {{open: () => void, giveWay: () => void, tell: (time: string) => void}} `tell` shows the
 *   time on the button that opens the panel.
 */
export function frame(parts) {
  const wide = matchMedia(WIDE);
  const time = h('span.panel-time');
  const toggle = h('button.panel-toggle', { type: 'button', id: 'panel-toggle', 'aria-controls': 'panel' },
    icon('clock'), time, h('span.panel-toggle-words', {}, 'Behind the scenes'));
  const x = h('button.icon-button', { type: 'button', 'aria-label': 'Close' }, icon('close'));
  const scrim = h('div', { id: 'panel-scrim' });
  const aside = h('aside', { id: 'panel', 'aria-label': 'Behind the scenes', tabindex: '-1' },
    h('header.panel-head', {}, h('p.panel-title', {}, 'Behind the scenes'), x), ...parts.map((part) => part.root));

  const isOpen = () => !aside.hidden;
  const show = (open) => {
    aside.hidden = !open;
    toggle.setAttribute('aria-expanded', String(open));
    document.body.classList.toggle('has-panel', open);
    const covers = open && !wide.matches;
    scrim.hidden = !covers;
    for (const id of COVERED) document.getElementById(id).inert = covers;
  };
  const close = () => {
    show(false);
    toggle.focus();
  };
  toggle.addEventListener('click', () => {
    show(!isOpen());
    if (isOpen()) aside.focus();
  });
  x.addEventListener('click', close);
  scrim.addEventListener('click', close);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.defaultPrevented && isOpen() && !wide.matches) close();
  });
  wide.addEventListener('change', () => show(wide.matches));

  document.getElementById('topbar').append(toggle);
  document.getElementById('main').after(scrim, aside);
  show(wide.matches);
  return {
    open: () => isOpen() || show(true),
    giveWay: () => isOpen() && !wide.matches && close(),
    tell: (words) => {
      if (time.textContent !== words) time.textContent = words;
    },
  };
}

/**
 * One part of the panel, which can be folded.
 * @param {string} name
 * @param {string} title
 * @param {...Node} content
 * @returns {HTMLDetailsElement}
 */
export function section(name, title, ...content) {
  const details = h('details.panel-part', { id: `panel-${name}` }, h('summary', {}, h('h2', {}, title)), ...content);
  details.open = true;
  return details;
}
