// One message.

import { blockItems } from './blocks.js';
import { h, icon, reconcile } from './dom.js';
import { makeDesk } from './desk.js';
import { mrkdwn } from './mrkdwn.js';
import { appBadge, authorOf } from './people.js';
import { clock, fullMoment, momentOf } from './time.js';

/**
 * Renders a message.
 * @param {Object} message of the state
 * @param {string} channel
 * @param {import('./live.js').Live} live
 * @param {{joined: boolean, reply: boolean, fresh: boolean}} look joined leaves the name out,
 *   because the message above has it.
 * @returns {HTMLElement}
 */
export function messageNode(message, channel, live, { joined, reply, fresh }) {
  const desk = makeDesk(live, 'message', { channel, ts: message.ts });
  const author = authorOf(message.user, live.state);
  const at = momentOf(message.ts);
  const classes = [joined && 'joined', reply && 'reply', fresh && 'fresh', message.ephemeral && 'ephemeral'].filter(Boolean);
  const time = h('time.when', { datetime: at.toISOString(), title: fullMoment(at, 'en-GB') }, clock(at, desk.locale));
  const props = { 'aria-label': `${author.name}, ${clock(at, desk.locale)}`, data: { ts: message.ts, thread: message.thread_ts || null } };
  return h(['article', 'message', ...classes].join('.'), props,
    h('div.gutter', {}, joined ? time : author.face),
    h('div.message-main', {},
      message.ephemeral && onlyYou(message, channel, live),
      !joined && h('div.byline', {}, h('span.author', {}, author.name), author.isBot && appBadge(), time),
      content(message, desk),
      message.trouble && h('p.trouble', { role: 'alert' }, icon('warn'), message.trouble)));
}

function content(message, desk) {
  const edited = message.edited && h('span.edited', {}, '(edited)');
  if (!message.blocks?.length) return h('div.text', {}, mrkdwn(message.text ?? '', desk), edited && ' ', edited);
  const body = h('div.blocks');
  reconcile(body, blockItems(message.blocks, desk));
  return [body, edited];
}

function onlyYou(message, channel, live) {
  const dismiss = h('button.link-button', { type: 'button', data: { ts: message.ts, act: 'dismiss' } }, 'Dismiss');
  dismiss.addEventListener('click', () => live.act('dismiss', { channel, ts: message.ts }));
  return h('p.only-you', {}, icon('eye'), 'Only visible to you', h('span', { 'aria-hidden': 'true' }, '·'), dismiss);
}
