// The line above the messages: where one is, and, for the app, its tabs.

import { h, icon, reconcile } from './dom.js';
import { appBadge, avatar, botAvatar } from './people.js';
import { DM, HOME, routeTo } from './route.js';
import { unreadTotal } from './sidebar.js';

/**
 * Makes the head and the window's title match the state.
 * @param {import('./live.js').Live} live
 */
export function renderHead(live) {
  const { state, place, conversation } = live;
  const isApp = place === HOME || place === DM;
  const name = isApp ? (state.bot?.name ?? 'Kvitt') : (conversation?.name ?? '');
  const me = state.people?.find((p) => p.id === live.as);
  const build = () => h('div.head-row', {},
    h('h1', {}, isApp ? botAvatar() : icon('hash'), h('span', {}, name), isApp && appBadge()),
    isApp && tabs(live),
    me && h('button.acting', { type: 'button', 'aria-label': `You are ${me.name}: act as somebody else`, on: { click: choosePerson } },
      avatar(me), h('span.acting-name', {}, me.name)));
  reconcile(document.getElementById('place-head'), [{ key: 'head', sig: JSON.stringify([live.as, place, name, me]), build }]);
  const unread = unreadTotal(state);
  const where = place === HOME ? `${name} Home` : isApp ? name : `#${name}`;
  document.title = `${unread ? `(${unread}) ` : ''}${where} – Kvitt demo`;
  document.getElementById('menu').classList.toggle('has-unread', unread > 0);
}

/** Leads to the person switcher, which on a narrow screen is in the drawer. */
function choosePerson() {
  const menu = document.getElementById('menu');
  if (menu.checkVisibility()) menu.click();
  else document.querySelector('#people input:checked')?.focus();
}

function tabs(live) {
  const tab = (place, words) =>
    h('a.tab', { href: routeTo(live.as, place), data: { place: `tab-${place}` }, 'aria-current': live.place === place ? 'page' : null }, words);
  return h('nav.tabs', { 'aria-label': 'App' }, tab(HOME, 'Home'), tab(DM, 'Messages'));
}
