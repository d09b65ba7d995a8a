// The confirm dialog that a control may ask for before it acts.

import { h } from './dom.js';
import { plain, textNode } from './text.js';

/**
 * Asks "are you sure?".
 * @param {Object} confirm Block Kit confirm object
 * @param {Object} desk
 * @returns {Promise<boolean>} false for deny, Escape, and a click outside.
 */
export function askToConfirm(confirm, desk) {
  const dialog = document.getElementById('confirm');
  const style = confirm.style === 'danger' ? 'danger' : 'primary';
  const deny = h('button.button', { type: 'button' }, plain(confirm.deny) || 'Cancel');
  const accept = h(`button.button.${style}`, { type: 'button' }, plain(confirm.confirm) || 'OK');
  dialog.replaceChildren(
    h('h2', { id: 'confirm-title' }, plain(confirm.title) || 'Are you sure?'),
    h('div.confirm-text', { id: 'confirm-text' }, textNode(confirm.text, desk)),
    h('div.modal-foot', {}, deny, accept),
  );
  return new Promise((resolve) => {
    const finish = (answer) => {
      // Resolved first: closing tells the close listener, which would say no.
      resolve(answer);
      dialog.close();
    };
    deny.addEventListener('click', () => finish(false));
    accept.addEventListener('click', () => finish(true));
    dialog.onclick = (event) => event.target === dialog && finish(false);
    dialog.onclose = () => resolve(false);
    dialog.showModal();
    // Denying is the safe answer to a stray Enter.
    deny.focus();
  });
}
