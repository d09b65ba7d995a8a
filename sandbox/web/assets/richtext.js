// rich_text blocks: already parsed text, a tree of sections, lists, and quotes.
// Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { h } from './dom.js';
import { emojiFor, emojiFromUnicode } from './emoji.js';
import { link, mention } from './refs.js';
import { slackDate } from './time.js';

/**
 * Renders the elements of a rich_text block or of a table's rich_text cell.
 * @param {Object[]} elements
 * @param {Object} desk
 * @returns {HTMLElement[]}
 */
export function richText(elements, desk) {
  return (elements ?? []).map((element) => container(element, desk));
}

function container(element, desk) {
  switch (element.type) {
    case 'rich_text_section':
      return h('div.rich-section', {}, inlines(element.elements, desk));
    case 'rich_text_quote':
      return h('blockquote', {}, inlines(element.elements, desk));
    case 'rich_text_preformatted':
      return h('pre', {}, inlines(element.elements, desk));
    case 'rich_text_list':
      return list(element, desk);
    default:
      return h('span', {}, inlines([element], desk));
  }
}

function list(element, desk) {
  const ordered = element.style === 'ordered';
  const start = ordered && element.offset ? element.offset + 1 : null;
  const depth = Math.min(Math.max(element.indent ?? 0, 0), 8);
  const items = (element.elements ?? []).map((item) => h('li', {}, container(item, desk)));
  return h(`${ordered ? 'ol' : 'ul'}.rich-list.indent-${depth}`, { start }, items);
}

function inlines(elements, desk) {
  return (elements ?? []).map((element) => withStyle(leaf(element, desk), element.style));
}

function leaf(element, desk) {
  switch (element.type) {
    case 'text':
      return h('span.lines', {}, element.text);
    case 'link':
      return link(element.url, element.text || element.url);
    case 'emoji':
      return h('span.emoji', { title: `:${element.name}:` }, emojiText(element));
    case 'user':
      return mention(`@${element.user_id}`, '', desk) ?? `@${element.user_id}`;
    case 'channel':
      return mention(`#${element.channel_id}`, '', desk) ?? `#${element.channel_id}`;
    case 'usergroup':
      return mention('!subteam', `@${element.usergroup_id}`, desk);
    case 'broadcast':
      return mention(`!${element.range}`, '', desk);
    case 'date':
      return dateLeaf(element, desk);
    case 'color':
      return h('code', {}, element.value);
    default:
      return h('span.unknown', {}, element.text ?? element.fallback ?? `unknown text type ${element.type}`);
  }
}

function emojiText({ name, unicode }) {
  return emojiFor(name) ?? emojiFromUnicode(unicode) ?? `:${name}:`;
}

function dateLeaf(element, desk) {
  const words = slackDate(element.timestamp, element.format ?? '', desk.locale, desk.now) || element.fallback;
  return element.url ? link(element.url, words) : h('time', { title: element.fallback }, words);
}

const STYLE_TAGS = { bold: 'strong', italic: 'em', strike: 's', underline: 'u', highlight: 'mark', code: 'code' };

function withStyle(node, style) {
  return Object.entries(STYLE_TAGS)
    .filter(([name]) => style?.[name])
    .reduce((inner, [, tag]) => h(tag, {}, inner), node);
}
