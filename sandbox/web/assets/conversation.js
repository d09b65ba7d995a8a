// The messages of the open conversation: day dividers, threads, and keeping the
// reader's place when something new arrives.

import { announce } from './announce.js';
import { h, icon, reconcile } from './dom.js';
import { makeDesk } from './desk.js';
import { messageNode } from './message.js';
import { authorOf } from './people.js';
import { dayKey, dayLabel, momentOf } from './time.js';

/** Messages of one author within this time share one name and picture. */
const JOIN_MS = 5 * 60 * 1000;
const NEAR_BOTTOM_PX = 60;

/** Shows one conversation at a time in #messages. */
export class Conversation {
  #shown = '';
  #known = new Set();
  #newest = null;

  /** @param {import('./live.js').Live} live */
  constructor(live) {
    this.live = live;
    this.scroller = document.getElementById('scroller');
    this.list = document.getElementById('messages');
    this.pill = document.getElementById('newer');
    this.scroller.addEventListener('scroll', () => this.#placePill(), { passive: true });
    this.pill.addEventListener('click', () => this.#goToNewest());
  }

  /** Makes the list match the state; call it after every change. */
  render() {
    const { live } = this;
    const { id, name, kind } = live.conversation;
    const messages = live.state.messages?.[id] ?? [];
    const shown = `${live.as} ${live.place}`;
    const arrived = shown !== this.#shown;
    const fresh = new Set(arrived ? [] : messages.map((m) => m.ts).filter((ts) => !this.#known.has(ts)));
    const stick = arrived || this.#atBottom();
    if (arrived) this.list.replaceChildren();
    reconcile(this.list, [startItem(name, kind), ...this.#items(messages, id, fresh)]);
    if (stick) this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#shown = shown;
    this.#known = new Set(messages.map((m) => m.ts));
    this.#tell(messages.filter((m) => fresh.has(m.ts)), arrived);
  }

  /** Tells that another place is shown, so that coming back starts at the newest message. */
  leave() {
    this.#shown = '';
    this.#newest = null;
    this.pill.hidden = true;
  }

  #items(messages, channel, fresh) {
    const { sig, now } = makeDesk(this.live, 'message', {});
    const items = [];
    let before = null;
    for (const { message, reply } of inThreads(messages)) {
      const at = momentOf(message.ts);
      if (!reply && (!before || before.day !== dayKey(at))) items.push(dayItem(at, now));
      const joined = joins(before, message, reply);
      const look = { joined, reply, fresh: fresh.has(message.ts) };
      items.push({
        key: message.ts,
        sig: `${sig} ${joined} ${reply} ${channel} ${JSON.stringify(message)}`,
        build: () => messageNode(message, channel, this.live, look),
      });
      before = { message, reply, day: reply ? before?.day : dayKey(at) };
      const count = reply ? 0 : messages.filter((m) => isReply(m) && m.thread_ts === message.ts).length;
      if (count) items.push(threadItem(message.ts, count));
    }
    return items;
  }

  #atBottom() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX;
  }

  #tell(fresh, arrived) {
    const last = fresh.at(-1);
    if (arrived) this.#newest = null;
    if (last) {
      this.#newest = last.ts;
      // The text says all the facts, blocks may not: it is what Slack reads out, too.
      announce(fresh.map((m) => `${authorOf(m.user, this.live.state).name}: ${m.text}`).join('\n'));
    }
    this.#placePill();
  }

  /** Shows the pill while the newest message is out of sight. */
  #placePill() {
    const node = this.#newest && this.list.querySelector(`article[data-ts="${CSS.escape(this.#newest)}"]`);
    const view = this.scroller.getBoundingClientRect();
    const box = node?.getBoundingClientRect();
    const above = box && box.bottom < view.top + 40;
    const below = box && box.top > view.bottom - 40;
    if (!above && !below) this.#newest = null;
    this.pill.hidden = !above && !below;
    if (this.pill.hidden) return;
    const what = node.classList.contains('reply') ? 'New reply' : 'New message';
    this.pill.replaceChildren(icon(above ? 'up' : 'down'), what);
  }

  #goToNewest() {
    const node = this.list.querySelector(`article[data-ts="${CSS.escape(this.#newest ?? '')}"]`);
    node?.scrollIntoView({ block: 'center' });
    this.scroller.focus({ preventScroll: true });
  }
}

function isReply(message) {
  return Boolean(message.thread_ts) && message.thread_ts !== message.ts;
}

/** Messages in order, each followed by the replies in its thread. */
function inThreads(messages) {
  const sorted = [...messages].sort((a, b) => (a.ts < b.ts ? -1 : 1));
  const parents = new Set(sorted.filter((m) => !isReply(m)).map((m) => m.ts));
  const out = [];
  for (const message of sorted) {
    // A reply whose parent is not shown would be lost; it stands alone instead.
    if (isReply(message) && parents.has(message.thread_ts)) continue;
    out.push({ message, reply: false });
    for (const m of sorted) if (isReply(m) && m.thread_ts === message.ts) out.push({ message: m, reply: true });
  }
  return out;
}

function joins(before, message, reply) {
  if (!before || before.reply !== reply || before.message.user !== message.user) return false;
  if (before.message.ephemeral || message.ephemeral) return false;
  const [a, b] = [momentOf(before.message.ts), momentOf(message.ts)];
  return b - a < JOIN_MS && dayKey(a) === dayKey(b);
}

function startItem(name, kind) {
  const words = kind === 'dm' ? `This is the start of your messages with ${name}.` : `This is the start of #${name}.`;
  return { key: 'start', sig: words, build: () => h('p.start', {}, words) };
}

function dayItem(at, now) {
  const label = dayLabel(at, now);
  return { key: `day ${dayKey(at)}`, sig: label, build: () => h('h2.day', {}, h('span', {}, label)) };
}

function threadItem(ts, count) {
  const words = count === 1 ? '1 reply' : `${count} replies`;
  return { key: `thread ${ts}`, sig: words, build: () => h('p.thread-count', {}, words) };
}
