// App Home.

import { blockItems } from './blocks.js';
import { h, icon, reconcile } from './dom.js';
import { makeDesk } from './desk.js';

/** Shows the app's Home tab in #home. */
export class Home {
  #shown = '';

  /** @param {import('./live.js').Live} live */
  constructor(live) {
    this.live = live;
    this.root = document.getElementById('home');
    this.scroller = document.getElementById('scroller');
  }

  /** Makes the tab match the state; call it after every change. */
  render() {
    const { home } = this.live.state;
    if (this.live.as !== this.#shown) this.scroller.scrollTop = 0;
    this.#shown = this.live.as;
    const desk = makeDesk(this.live, 'home', { view: home?.id || 'home' }, { view: home });
    const items = home?.blocks?.length ? blockItems(home.blocks, desk) : [emptyItem(this.live.state.bot?.name ?? 'Kvitt')];
    reconcile(this.root, home?.trouble ? [troubleItem(home.trouble), ...items] : items);
  }

  /** Tells that another place is shown, so that coming back starts at the top. */
  leave() {
    this.#shown = '';
  }
}

function troubleItem(words) {
  return { key: 'trouble', sig: words, build: () => h('p.trouble', { role: 'alert' }, icon('warn'), words) };
}

function emptyItem(name) {
  return { key: 'empty', sig: name, build: () => h('p.empty', {}, `${name} has not filled in its Home yet.`) };
}
