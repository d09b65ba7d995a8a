// Words that come and go: for screen readers, and for troubles that belong nowhere else.

const SHOWN_MS = 8000;
let timer = 0;

/**
 * Has a screen reader say something when it is done with what it says now.
 * @param {string} text
 */
export function announce(text) {
  document.getElementById('announcer').textContent = text;
}

/**
 * Shows a short notice over everything for a while.
 * @param {string} text
 */
export function toast(text) {
  const el = document.getElementById('toast');
  el.textContent = text;
  raise(el, true);
  clearTimeout(timer);
  timer = setTimeout(() => raise(el, false), SHOWN_MS);
}

/**
 * Says that the demo is gone, or stops saying so.
 * @param {boolean} waiting
 */
export function showWaiting(waiting) {
  raise(document.getElementById('waiting'), waiting);
}

/** A popover stands in the top layer, so that a modal cannot hide it. */
function raise(el, shown) {
  if (el.matches(':popover-open')) el.hidePopover();
  if (shown) el.showPopover();
}
