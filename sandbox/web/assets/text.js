// Text objects: the two kinds of text that Block Kit knows.

import { withEmoji } from './emoji.js';
import { mrkdwn } from './mrkdwn.js';

/**
 * Renders a text object; a missing one renders as nothing.
 * @param {{type: string, text: string, emoji?: boolean, verbatim?: boolean}|null|undefined} object
 * @param {Object} desk
 * @returns {Node}
 */
export function textNode(object, desk) {
  if (object?.type === 'mrkdwn') return mrkdwn(object.text ?? '', desk, { verbatim: object.verbatim });
  return document.createTextNode(plain(object));
}

/**
 * A text object as a string, where only a string can stand, such as in a menu. Slack
 * shows plain_text as it is, so a bot that escapes it by mistake is seen to do so here.
 * @param {{text: string, emoji?: boolean}|null|undefined} object
 * @returns {string}
 */
export function plain(object) {
  const text = object?.text ?? '';
  return object?.emoji === false ? text : withEmoji(text);
}
