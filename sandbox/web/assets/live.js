// The page's one piece of memory: who is acting, what is open, the newest state, and
// what was typed but not sent. Views read it, and are told when it changed.

import { fetchState, listen, postAct } from './api.js';
import { Drafts } from './drafts.js';
import { HOME, readRoute, replaceRoute, resolvePlace, routeTo } from './route.js';
import { showTimesIn } from './time.js';

/** Keeps the newest state of the demo and does acts in the chosen person's name. */
export class Live {
  /** Newest state, or null before the first answer. */
  state = null;
  /** Place name: a channel id, "dm", or "home". */
  place = '';
  /** The open conversation, or null in App Home. */
  conversation = null;
  drafts = new Drafts();
  #round = null;
  #again = false;
  #entered = '';
  #read = '';

  /**
   * @param {{onChange: () => void, onPanel: () => void, onOnline: (online: boolean) => void, onTrouble: (text: string) => void}} heard
   */
  constructor(heard) {
    this.heard = heard;
    Object.assign(this, readRoute());
  }

  /** Starts listening; the first state arrives by itself. */
  start() {
    addEventListener('hashchange', () => this.#followAddress());
    document.addEventListener('visibilitychange', () => this.#markRead());
    listen({ onChange: () => this.refresh(), onPanel: () => this.heard.onPanel(), onOnline: (online) => this.#heardFrom(online) });
  }

  /**
   * Opens a place as a person; a step in the browser's history.
   * @param {string} as
   * @param {string} [place]
   */
  go(as, place = this.place) {
    location.hash = routeTo(as, place);
  }

  /**
   * Asks for the state anew; calls made meanwhile are folded into one more question.
   * @returns {Promise<void>} resolves once an answer that is newer than this call is shown.
   */
  refresh() {
    this.#again = true;
    this.#round ??= this.#askUntilQuiet().finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  async #askUntilQuiet() {
    while (this.#again) {
      this.#again = false;
      await this.#fetchOnce();
    }
  }

  /**
   * Does something in the person's name and shows what came of it.
   * @param {string} kind see page API
   * @param {Object} body
   * @param {{quiet?: boolean}} [options] quiet leaves telling about a refusal to the caller.
   * @returns {Promise<{ok: boolean, error?: string}>}
   */
  async act(kind, body, { quiet = false } = {}) {
    const answer = await postAct(this.as, kind, body);
    if (!answer.ok && !quiet && !answer.offline) this.heard.onTrouble(`That did not work: ${answer.error}.`);
    // Options change nothing that anybody sees.
    if (kind !== 'options') await this.refresh();
    return answer;
  }

  async #fetchOnce() {
    const asked = this.as;
    let state;
    try {
      state = await fetchState(asked);
    } catch {
      return; // The event stream notices that the demo is gone, and asks again when it is back.
    }
    if (asked !== this.as) {
      this.#again = true; // The person changed meanwhile; this answer is somebody else's.
      return;
    }
    if (state) return this.#accept(state);
    if (!asked) return;
    this.as = ''; // An old address; the demo says whom it has.
    this.#again = true;
  }

  #accept(state) {
    this.state = state;
    this.as = state.me ?? this.as;
    showTimesIn(state.people?.find((p) => p.id === this.as)?.zone);
    this.drafts.prune(state.modals ?? []);
    this.#settle();
  }

  #heardFrom(online) {
    if (online) this.#entered = ''; // A demo that was restarted has not seen Home opened.
    this.heard.onOnline(online);
  }

  #followAddress() {
    const route = readRoute();
    const samePerson = !route.as || route.as === this.as;
    Object.assign(this, { as: route.as || this.as, place: route.place });
    if (samePerson && this.state) this.#settle();
    else this.refresh();
  }

  #settle() {
    const { name, conversation } = resolvePlace(this.place, this.state);
    Object.assign(this, { place: name, conversation });
    replaceRoute(this.as, name);
    this.#enter();
    this.heard.onChange();
    this.#markRead();
  }

  /** Slack tells the app each time somebody opens its Home tab. */
  #enter() {
    const now = `${this.as} ${this.place}`;
    if (now === this.#entered) return;
    this.#entered = now;
    if (this.place === HOME) this.act('home', {});
  }

  #markRead() {
    const { conversation } = this;
    if (!conversation?.id || !conversation.unread || document.visibilityState !== 'visible') return;
    const newest = this.state.messages?.[conversation.id]?.at(-1)?.ts ?? '';
    // Once for each newest message: a demo that kept counting must not make the page ask forever.
    const now = `${this.as} ${conversation.id} ${newest} ${conversation.unread}`;
    if (now === this.#read) return;
    this.#read = now;
    this.act('read', { channel: conversation.id }, { quiet: true });
  }
}
