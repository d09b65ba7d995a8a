// Slack's mrkdwn, as nodes. The rules follow
// https://docs.slack.dev/messaging/formatting-message-text; text that only looks like
// formatting inside a word (snake_case, 3*4*5) stays as it is.

import { h } from './dom.js';
import { emojiFor } from './emoji.js';
import { link, mention } from './refs.js';
import { slackDate } from './time.js';

const STYLES = { '*': 'strong', _: 'em', '~': 's' };
const ENTITIES = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };
const ANGLE = /<([^<>\n]+)>/y;
const CODE = /`([^`\n]+)`/y;
const EMOJI = /:([a-z0-9_+-]+):/y;
const BARE_URL = /https?:\/\/[^\s<>|]+[^\s<>|.,;:!?)\]'"*_~]/y;

/**
 * Undoes Slack's escaping: these three entities and no others.
 * @param {string} text
 * @returns {string}
 */
export function unescape(text) {
  return text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

/**
 * Renders mrkdwn.
 * @param {string} text
 * @param {Object} desk names, locale, and the clock
 * @param {{verbatim?: boolean}} [options] verbatim leaves bare addresses unlinked, as Slack does.
 * @returns {DocumentFragment}
 */
export function mrkdwn(text, desk, { verbatim = false } = {}) {
  const out = document.createDocumentFragment();
  const reader = { desk, verbatim };
  // A pre stands on lines of its own, so the breaks around it are not shown again.
  text.split(/\n?```\n?([\s\S]+?)\n?```\n?/).forEach((part, i) => {
    if (i % 2) out.append(h('pre', {}, unescape(part)));
    else if (part) out.append(...lines(part, reader));
  });
  return out;
}

/** Groups quoted lines into one quote; the other lines keep their breaks. */
function lines(text, reader) {
  const groups = [];
  for (const line of text.split('\n')) {
    const quoted = line.match(/^(?:&gt;|>) ?(.*)$/);
    const group = { quoted: Boolean(quoted), text: quoted ? quoted[1] : line };
    const last = groups.at(-1);
    if (last && last.quoted === group.quoted) last.text += `\n${group.text}`;
    else groups.push(group);
  }
  return groups.map((g) => h(g.quoted ? 'blockquote' : 'span.lines', {}, inline(g.text, reader)));
}

/** Formatting within lines: an array of nodes and strings. */
function inline(text, reader) {
  const out = [];
  let plain = '';
  const flush = () => {
    if (plain) out.push(unescape(plain));
    plain = '';
  };
  for (let i = 0; i < text.length; ) {
    const found = atom(text, i, reader) ?? styled(text, i, reader);
    if (found) {
      flush();
      out.push(found.node);
      i = found.end;
    } else plain += text[i++];
  }
  flush();
  return out;
}

/** Things that hold no further formatting: tokens in angle brackets, code, emoji, bare addresses. */
function atom(text, i, reader) {
  const at = (pattern) => {
    pattern.lastIndex = i;
    return pattern.exec(text);
  };
  let m;
  if (text[i] === '<' && (m = at(ANGLE))) return { node: angle(m[1], reader.desk), end: ANGLE.lastIndex };
  if (text[i] === '`' && (m = at(CODE))) return { node: h('code', {}, unescape(m[1])), end: CODE.lastIndex };
  if (text[i] === ':' && (m = at(EMOJI)) && emojiFor(m[1])) {
    return { node: h('span.emoji', { title: m[0] }, emojiFor(m[1])), end: EMOJI.lastIndex };
  }
  if (text[i] === 'h' && !reader.verbatim && atEdge(text[i - 1]) && (m = at(BARE_URL))) {
    const url = unescape(m[0]);
    return { node: link(url, url), end: BARE_URL.lastIndex };
  }
  return null;
}

/** Bold, italic, strike: the marks must hug the words and stand at the edge of words. */
function styled(text, i, reader) {
  const mark = text[i];
  const tag = STYLES[mark];
  if (!tag || !atEdge(text[i - 1]) || /\s|^$/.test(text[i + 1] ?? '') || text[i + 1] === mark) return null;
  const end = closing(text, i, mark);
  if (end < 0) return null;
  return { node: h(tag, {}, inline(text.slice(i + 1, end), reader)), end: end + 1 };
}

function closing(text, start, mark) {
  for (let j = start + 1; j < text.length && text[j] !== '\n'; j++) {
    const skip = text[j] === '<' ? ANGLE : text[j] === '`' ? CODE : null;
    if (skip) {
      skip.lastIndex = j;
      if (skip.exec(text)) {
        j = skip.lastIndex - 1;
        continue;
      }
    }
    if (text[j] === mark && j > start + 1 && !/\s/.test(text[j - 1]) && atEdge(text[j + 1])) return j;
  }
  return -1;
}

function atEdge(neighbour) {
  return neighbour === undefined || !/[\p{L}\p{N}]/u.test(neighbour);
}

/** What stands in angle brackets: a mention, a date, or a link. */
function angle(inside, desk) {
  const [target, ...rest] = inside.split('|');
  const label = rest.length ? unescape(rest.join('|')) : '';
  if (target.startsWith('!date^')) return dateToken(target, label, desk);
  return mention(target, label, desk) ?? link(unescape(target), label || unescape(target));
}

function dateToken(target, fallback, desk) {
  const [, unix, pattern = '', url = ''] = target.split('^');
  const words = slackDate(Number(unix), unescape(pattern), desk.locale, desk.now) || fallback;
  return url ? link(unescape(url), words) : h('time', { title: fallback }, words);
}
