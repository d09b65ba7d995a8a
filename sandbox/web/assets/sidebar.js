// The sidebar: the workspace, who to act as, and where to go.

import { h, icon, keepFocus, reconcile } from './dom.js';
import { avatar, botAvatar } from './people.js';
import { DM, HOME, routeTo } from './route.js';

/**
 * Makes the sidebar match the state.
 * @param {import('./live.js').Live} live
 */
export function renderSidebar(live) {
  const { state } = live;
  reconcile(document.getElementById('team'), [teamItem(state.team?.name ?? 'Workspace')]);
  renderPeople(live);
  reconcile(document.getElementById('places'), placeItems(live));
}

function teamItem(name) {
  return { key: 'team', sig: name, build: () => h('p.team-name', {}, name) };
}

function renderPeople(live) {
  const people = live.state.people ?? [];
  const row = document.querySelector('#people .people-row');
  const sig = JSON.stringify([people, live.as]);
  if (row.dataset.sig !== sig) {
    row.dataset.sig = sig;
    keepFocus(() => row.replaceChildren(...people.map((person) => personNode(person, live))));
  }
  const me = people.find((p) => p.id === live.as);
  document.querySelector('#people .people-about').textContent = me ? `${me.name}: ${me.about ?? ''}` : '';
}

/** One radio button a person, so that the arrow keys walk through the team. */
function personNode(person, live) {
  const input = h('input.visually-hidden', { type: 'radio', name: 'as', value: person.id, data: { person: person.id } });
  const [firstName, ...others] = person.name.split(' ');
  const rest = others.join(' ');
  input.checked = person.id === live.as;
  input.addEventListener('change', () => live.go(person.id));
  return h('label.person', { title: person.about }, input, avatar(person), h('span.person-name', {}, firstName, rest && h('span.visually-hidden', {}, ` ${rest}`)));
}

function placeItems(live) {
  const { conversations = [], bot } = live.state;
  const entry = (c) => placeItem(live, c.kind === 'dm' ? DM : c.id, c.name, c.kind === 'dm' ? botAvatar : () => icon('hash'), c.unread);
  return [
    titleItem('Channels'),
    ...conversations.filter((c) => c.kind !== 'dm').map(entry),
    titleItem('Direct messages'),
    ...conversations.filter((c) => c.kind === 'dm').map(entry),
    titleItem('Apps'),
    placeItem(live, HOME, `${bot?.name ?? 'Kvitt'} Home`, () => icon('home'), 0),
  ];
}

function titleItem(words) {
  return { key: `title ${words}`, sig: words, build: () => h('h2.places-title', {}, words) };
}

function placeItem(live, place, name, picture, unread) {
  const current = live.place === place;
  const href = routeTo(live.as, place);
  const build = () =>
    h('a.place', { href, data: { place }, 'aria-current': current ? 'page' : null },
      picture(), h('span.place-name', {}, name),
      unread > 0 && h('span.unread', {}, String(unread), h('span.visually-hidden', {}, ' unread')));
  return { key: place, sig: JSON.stringify([href, name, current, unread]), build };
}

/**
 * The sum of unread messages.
 * @param {Object} state
 * @returns {number}
 */
export function unreadTotal(state) {
  return (state.conversations ?? []).reduce((sum, c) => sum + (c.unread ?? 0), 0);
}

/**
 * On a narrow screen the sidebar is a drawer; wires its button and the ways to close it.
 * @returns {() => void} closes the drawer.
 */
export function wireDrawer() {
  const [menu, scrim, sidebar, main] = ['menu', 'scrim', 'sidebar', 'main'].map((id) => document.getElementById(id));
  const show = (open) => {
    document.body.classList.toggle('drawer-open', open);
    menu.setAttribute('aria-expanded', String(open));
    scrim.hidden = !open;
    main.inert = open;
    if (open) sidebar.querySelector('input:checked, a')?.focus();
  };
  const close = () => document.body.classList.contains('drawer-open') && show(false);
  menu.append(icon('menu'));
  menu.addEventListener('click', () => show(!document.body.classList.contains('drawer-open')));
  scrim.addEventListener('click', close);
  sidebar.addEventListener('click', (event) => event.target.closest('a.place') && close());
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || scrim.hidden) return;
    close();
    menu.focus();
  });
  matchMedia('(min-width: 761px)').addEventListener('change', close);
  return close;
}
