// Room at the right for what is not Slack: the time machine, the gateway's own page, the
// log. It is there only when the demo has something to put in it.

import { h } from './dom.js';

/** Adds the collapsible #panel when GET /panel answers 200; any other answer leaves it out. */
export async function addPanel() {
  const response = await fetch('/panel', { cache: 'no-store' }).catch(() => null);
  if (response?.status !== 200) return;
  const body = h('div', { id: 'panel-body' });
  const toggle = h('button.button', { type: 'button', 'aria-expanded': 'true', 'aria-controls': 'panel-body' }, 'Behind the scenes');
  toggle.addEventListener('click', () => {
    body.hidden = !body.hidden;
    toggle.setAttribute('aria-expanded', String(!body.hidden));
    document.body.classList.toggle('panel-closed', body.hidden);
  });
  document.getElementById('main').after(h('aside', { id: 'panel', 'aria-label': 'Behind the scenes' }, toggle, body));
  document.body.classList.add('has-panel');
}
