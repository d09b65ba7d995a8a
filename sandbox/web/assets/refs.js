// References that may stand in any kind of text: links, people, channels.

import { h } from './dom.js';

/**
 * An address that is safe to follow: http and https only, so that no text from a bill
 * can run a script.
 * @param {string|undefined} url
 * @returns {string|null}
 */
export function safeURL(url) {
  try {
    const parsed = new URL(url);
    return parsed.protocol === 'https:' || parsed.protocol === 'http:' ? parsed.href : null;
  } catch {
    return null;
  }
}

/**
 * A link in a new tab; plain text when the address is not one to follow.
 * @param {string} url
 * @param {string} label
 * @returns {HTMLElement}
 */
export function link(url, label) {
  const href = safeURL(url);
  if (!href) return h('span', {}, label);
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, label || url);
}

/**
 * A mention of a person, a channel, or everybody.
 * @param {string} target what stands before the bar in <…|…>, such as "@U1" or "!here"
 * @param {string} label what stands after it
 * @param {Object} desk knows the names
 * @returns {HTMLElement|null} null when target is no mention.
 */
export function mention(target, label, desk) {
  const id = target.slice(1);
  if (/^@[UW]/.test(target)) {
    return h(id === desk.me ? 'span.mention.me' : 'span.mention', {}, `@${desk.personName(id) ?? (label || id)}`);
  }
  if (/^#[CGD]/.test(target)) return h('span.mention', {}, `#${desk.channelName(id) ?? (label || id)}`);
  const group = target.match(/^!(here|channel|everyone)$/);
  if (group) return h('span.mention.me', {}, `@${group[1]}`);
  if (target.startsWith('!')) return h('span.mention', {}, label || target.replace(/^!/, '@'));
  return null;
}
