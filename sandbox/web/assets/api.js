// The three ways the page talks to the demo: it asks for the state, sends acts, and
// listens for changes. Nothing here knows what the answers look like on screen.

/** How long a lost connection may last before the page says so; a restart is often quicker. */
const GRACE_MS = 700;
const RETRY_MS = 1000;

/**
 * What the person's Slack shows now.
 * @param {string} as user id; empty asks for the first person.
 * @returns {Promise<Object|null>} null when the demo knows no such person; rejects when
 *   it does not answer with a state.
 */
export async function fetchState(as) {
  const query = as ? `?as=${encodeURIComponent(as)}` : '';
  const response = await fetch(`/state${query}`, { cache: 'no-store' });
  if (response.status >= 400 && response.status < 500) return null;
  if (!response.ok) throw new Error(`the demo answered ${response.status}`);
  return response.json();
}

/**
 * Does something in the person's name.
 * @param {string} as user id
 * @param {string} kind press, input, options, submit, close, home, read, command, or dismiss
 * @param {Object} body the rest of the act
 * @returns {Promise<{ok: boolean, error?: string}>} never rejects.
 */
export async function postAct(as, kind, body) {
  try {
    const response = await fetch('/act', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...body, as, kind }),
    });
    const answer = await response.json().catch(() => null);
    return answer ?? { ok: false, error: `the demo answered ${response.status}` };
  } catch {
    return { ok: false, error: 'the demo did not answer', offline: true };
  }
}

/**
 * Listens for changes for as long as the page is open, and reconnects by itself.
 * @param {{onChange: () => void, onOnline: (online: boolean) => void}} heard
 *   onChange is called after every connection, too, since changes may have been missed.
 */
export function listen({ onChange, onOnline }) {
  let grace = 0;
  const open = () => {
    const source = new EventSource('/events');
    source.addEventListener('open', () => {
      clearTimeout(grace);
      grace = 0;
      onOnline(true);
      onChange();
    });
    source.addEventListener('change', onChange);
    source.addEventListener('error', () => {
      grace ||= setTimeout(() => onOnline(false), GRACE_MS);
      // The browser waits ever longer, and gives up for good on an error status.
      source.close();
      setTimeout(open, RETRY_MS);
    });
  };
  open();
}
