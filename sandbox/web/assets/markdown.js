// The markdown block: standard Markdown, as far as a bot that writes about invoices
// uses it. What is not understood is shown as it was written.

import { h } from './dom.js';
import { withEmoji } from './emoji.js';
import { link } from './refs.js';

const INLINE = new RegExp(
  [
    '`([^`\\n]+)`', // 1 code
    '\\*\\*(\\S(?:[^\\n]*?\\S)?)\\*\\*', // 2 bold
    '~~(\\S(?:[^\\n]*?\\S)?)~~', // 3 strike
    '(?<![\\p{L}\\p{N}*_])[*_](\\S(?:[^\\n*_]*?\\S)?)[*_](?![\\p{L}\\p{N}*_])', // 4 italic
    '\\[([^\\]\\n]+)\\]\\(([^()\\s]+)\\)', // 5 label, 6 address
  ].join('|'),
  'u',
);

/**
 * Renders a markdown block's text.
 * @param {string} text
 * @returns {HTMLElement[]}
 */
export function markdown(text) {
  const out = [];
  const rest = text.split('\n');
  while (rest.length) out.push(...take(rest));
  return out;
}

/** Takes the next block of lines off the front. */
function take(rest) {
  const line = rest[0];
  if (!line.trim()) return skip(rest, []);
  if (/^```/.test(line)) return [fence(rest)];
  const heading = line.match(/^(#{1,6})\s+(.*)$/);
  // The page's own headings are levels 1 and 2.
  if (heading) return skip(rest, [h(`h${Math.min(heading[1].length + 2, 6)}`, {}, inline(heading[2]))]);
  if (/^(?:---+|\*\*\*+)\s*$/.test(line)) return skip(rest, [h('hr')]);
  for (const [tag, marker] of [['ul', /^\s*[-*+]\s+/], ['ol', /^\s*\d+[.)]\s+/], ['blockquote', /^>\s?/]]) {
    if (marker.test(line)) return [run(rest, tag, marker)];
  }
  return [paragraph(rest)];
}

function skip(rest, nodes) {
  rest.shift();
  return nodes;
}

function fence(rest) {
  rest.shift();
  const end = rest.findIndex((line) => /^```\s*$/.test(line));
  const body = rest.splice(0, end < 0 ? rest.length : end);
  rest.shift();
  return h('pre', {}, body.join('\n'));
}

function run(rest, tag, marker) {
  const items = [];
  while (rest.length && marker.test(rest[0])) items.push(rest.shift().replace(marker, ''));
  if (tag === 'blockquote') return h(tag, {}, markdown(items.join('\n')));
  return h(tag, {}, items.map((item) => h('li', {}, inline(item))));
}

function paragraph(rest) {
  const lines = [rest.shift()];
  while (rest.length && rest[0].trim() && !/^(?:#{1,6}\s|```|>|\s*[-*+]\s|\s*\d+[.)]\s)/.test(rest[0])) lines.push(rest.shift());
  return h('p.lines', {}, inline(lines.join('\n')));
}

function inline(text) {
  const m = INLINE.exec(text);
  if (!m) return [withEmoji(text)];
  const [, code, bold, strike, italic, label, url] = m;
  const node =
    (code !== undefined && h('code', {}, code)) ||
    (bold !== undefined && h('strong', {}, inline(bold))) ||
    (strike !== undefined && h('s', {}, inline(strike))) ||
    (italic !== undefined && h('em', {}, inline(italic))) ||
    link(url, label);
  return [withEmoji(text.slice(0, m.index)), node, ...inline(text.slice(m.index + m[0].length))];
}
