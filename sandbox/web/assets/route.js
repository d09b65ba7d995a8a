// The page's address says who is acting and what is open (#as=U1&in=C1), so that a
// link, a reload, a screenshot, or a test comes back to the same place.

/** Place names that are not conversation ids. */
export const HOME = 'home';
export const DM = 'dm';

/**
 * Reads the address.
 * @param {string} [hash]
 * @returns {{as: string, place: string}} empty strings where the address says nothing.
 */
export function readRoute(hash = location.hash) {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  return { as: params.get('as') ?? '', place: params.get('in') ?? '' };
}

/**
 * The address of a place, as a link's href.
 * @param {string} as user id
 * @param {string} place conversation id, "dm", or "home"
 * @returns {string}
 */
export function routeTo(as, place) {
  return `#${new URLSearchParams({ as, in: place })}`;
}

/**
 * Puts the address right without adding a step to the browser's history.
 * @param {string} as
 * @param {string} place
 */
export function replaceRoute(as, place) {
  const wanted = routeTo(as, place);
  if (location.hash !== wanted) history.replaceState(null, '', wanted);
}

/**
 * Finds what a place name means for the person who is acting. Direct messages have
 * another id for each person, so any of them means "mine with the bot".
 * @param {string} place
 * @param {{conversations: {id: string, kind: string}[], messages: Object}} state
 * @returns {{name: string, conversation: Object|null}} conversation is null for App Home.
 */
export function resolvePlace(place, state) {
  if (place === HOME) return { name: HOME, conversation: null };
  const list = state.conversations ?? [];
  const dm = list.find((c) => c.kind === 'dm');
  const exact = list.find((c) => c.id && c.id === place);
  if (exact) return { name: exact === dm ? DM : exact.id, conversation: exact };
  const first = list.find((c) => c.kind !== 'dm');
  const wantsDM = place === DM || place.startsWith('D') || (!place && state.messages?.[dm?.id]?.length);
  if (dm && (wantsDM || !first)) return { name: DM, conversation: dm };
  return first ? { name: first.id, conversation: first } : { name: HOME, conversation: null };
}
