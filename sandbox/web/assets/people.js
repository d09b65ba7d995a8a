// Faces and names.

import { h } from './dom.js';

/**
 * A person's picture: initials on their colour.
 * @param {{name: string, color?: string}} person
 * @returns {HTMLElement}
 */
export function avatar(person) {
  const el = h('span.avatar', { 'aria-hidden': 'true' }, initials(person.name));
  const color = /^#[0-9a-f]{6}$/i.test(person.color ?? '') ? person.color : '#5b5166';
  el.style.setProperty('--face', color);
  el.style.setProperty('--face-ink', inkOn(color));
  return el;
}

/** The bot's picture. */
export function botAvatar() {
  return h('img.avatar', { src: 'assets/kvitt.svg', alt: '', width: 36, height: 36 });
}

/** The badge that Slack puts beside an app's name. */
export function appBadge() {
  return h('span.app-badge', {}, 'APP');
}

/**
 * Who wrote a message; anybody the state does not name is taken for the bot.
 * @param {string} user
 * @param {Object} state
 * @returns {{name: string, isBot: boolean, face: HTMLElement}}
 */
export function authorOf(user, state) {
  const person = state.people?.find((p) => p.id === user);
  if (person) return { name: person.name, isBot: false, face: avatar(person) };
  return { name: state.bot?.name ?? 'Kvitt', isBot: true, face: botAvatar() };
}

function initials(name) {
  const words = (name ?? '').trim().split(/\s+/);
  return [words[0], words.length > 1 ? words.at(-1) : ''].map((w) => [...(w ?? '')][0] ?? '').join('').toUpperCase();
}

/** Black or white, whichever is easier to read on the colour (WCAG relative luminance). */
function inkOn(color) {
  const channels = [1, 3, 5].map((i) => Number.parseInt(color.slice(i, i + 2), 16) / 255);
  const [r, g, b] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#111' : '#fff';
}
