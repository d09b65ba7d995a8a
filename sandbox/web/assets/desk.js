// What a renderer may know of the world around a message, Home, or a modal.

import { dayKey } from './time.js';

/**
 * Makes the desk for one surface.
 * @param {import('./live.js').Live} live
 * @param {"message"|"home"|"modal"} surface
 * @param {{channel: string, ts: string}|{view: string}} place where acts of its controls go
 * @param {Object} [more] what only this surface has, such as a modal's view
 * @returns {Object} with `sig`, which changes when names, language, or the day change.
 */
export function makeDesk(live, surface, place, more = {}) {
  const { state } = live;
  const names = new Map((state.people ?? []).map((p) => [p.id, p.name]));
  if (state.bot) names.set(state.bot.id, state.bot.name);
  const channels = new Map((state.conversations ?? []).map((c) => [c.id, c.name]));
  const now = new Date(state.now ?? Date.now());
  const locale = state.people?.find((p) => p.id === state.me)?.locale ?? 'en-US';
  return {
    live,
    surface,
    place,
    me: state.me,
    locale,
    now,
    sig: [state.me, locale, dayKey(now), ...names.values(), ...channels.values()].join('|'),
    personName: (id) => names.get(id),
    channelName: (id) => channels.get(id),
    ...more,
  };
}
