// What a control does when it is used. A control knows its spot: the message, Home, or
// modal it stands in, and its block; the rest of the page need not know the control.

import { askToConfirm } from './confirm.js';

/**
 * @typedef {Object} Spot
 * @property {Object} desk where the block is shown: `surface` ("message", "home", "modal"),
 *   `place` ({channel, ts} or {view}), names, locale, `live`, and for modals and Home `view`.
 * @property {string} block the block's block_id
 * @property {boolean} [inInput] whether the element is an input block's element
 * @property {string} [labelledby] id of the label, where the block has one
 * @property {string} [describedby] id of hint and error, where the block has them
 */

/**
 * The data-attributes by which a control is found again, by this page and by tests.
 * @param {Object} element Block Kit element
 * @param {Spot} spot
 * @returns {Object}
 */
export function dataOf(element, { desk, block }) {
  const { ts, view } = desk.place;
  return { actionId: element.action_id ?? '', blockId: block, ts, view };
}

/**
 * Presses a control, after its confirm dialog where it has one. The control shows that
 * it waits, and a second press meanwhile does nothing, as in Slack.
 * @param {HTMLElement} control
 * @param {Object} element Block Kit element
 * @param {Spot} spot
 * @param {Object} [choice] such as {selected_option: "value"}
 * @returns {Promise<boolean>} whether the demo took it.
 */
export async function press(control, element, { desk, block }, choice = {}) {
  if (control.getAttribute('aria-busy') === 'true') return false;
  if (element.confirm && !(await askToConfirm(element.confirm, desk))) return false;
  control.setAttribute('aria-busy', 'true');
  if (desk.surface === 'modal') await desk.live.drafts.flush();
  const answer = await desk.live.act('press', { ...desk.place, block_id: block, action_id: element.action_id, ...choice });
  control.removeAttribute('aria-busy');
  return answer.ok;
}

/**
 * Tells the demo what was chosen or typed: a modal keeps it until it is submitted,
 * a message and Home act on it at once.
 * @param {HTMLElement} control
 * @param {Object} element
 * @param {Spot} spot
 * @param {*} value what this page remembers: a string, an option, or options
 * @param {Object} wire the same as the page API wants it
 * @param {{typing?: boolean}} [options] typing waits for a pause.
 * @returns {Promise<boolean>} false when a confirm dialog or the demo refused.
 */
export async function fillIn(control, element, spot, value, wire, { typing = false } = {}) {
  const { desk, block } = spot;
  if (desk.surface !== 'modal') return press(control, element, spot, wire);
  if (element.confirm && !spot.inInput && !(await askToConfirm(element.confirm, desk))) return false;
  const { drafts } = desk.live;
  drafts.set(desk.place.view, block, element.action_id, value);
  desk.onFilledIn?.(block);
  const body = { ...desk.place, block_id: block, action_id: element.action_id, ...wire };
  const key = `${desk.place.view} ${block} ${element.action_id}`;
  drafts.send(key, () => desk.live.act('input', body), !typing);
  return true;
}

/**
 * What an element holds now: what was filled in on this page, else what the demo has
 * for it, else what the bot began with.
 * @param {Object} element
 * @param {Spot} spot
 * @returns {*} a string, an option, an array of options, null (emptied), or undefined
 */
export function currentValue(element, { desk, block }) {
  if (desk.surface === 'modal') {
    const draft = desk.live.drafts.get(desk.place.view, block, element.action_id);
    if (draft !== undefined) return draft;
  }
  const kept = desk.view?.state?.values?.[block]?.[element.action_id];
  if (kept) return kept.value ?? kept.selected_option ?? kept.selected_options ?? kept.selected_date ?? null;
  return element.initial_value ?? element.initial_option ?? element.initial_options ?? element.initial_date;
}
