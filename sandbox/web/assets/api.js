// The ways the page talks to the demo: it asks for the state, sends acts, and listens for
// changes; and the same for the panel. Nothing here knows what the answers look like on screen.

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
export function postAct(as, kind, body) {
  return post('/act', { ...body, as, kind });
}

async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.json().catch(() => null);
    return answer ?? { ok: false, error: `the demo answered ${response.status}` };
  } catch {
    return { ok: false, error: 'the demo did not answer', offline: true };
  }
}

/**
 * What stands beside Slack.
 * @param {number} after leaves out of the log what is not newer than that entry.
 * @returns {Promise<Object|null>} null when the demo has no panel, or does not answer.
 */
export async function fetchPanel(after) {
  const response = await fetch(`/panel?after=${after}`, { cache: 'no-store' }).catch(() => null);
  return response?.status === 200 ? response.json().catch(() => null) : null;
}

/**
 * What was said in one entry of the log.
 * @param {number} seq
 * @returns {Promise<{sent: *, got: *}|null>} null when the demo does not remember it.
 */
export async function fetchEntry(seq) {
  const response = await fetch(`/panel/entry?seq=${seq}`).catch(() => null);
  return response?.ok ? response.json().catch(() => null) : null;
}

/**
 * Does something in the pretend world, in nobody's name.
 * @param {Object} deed
 * @returns {Promise<{ok: boolean, error?: string}>} never rejects.
 */
export function postPanel(deed) {
  return post('/panel', deed);
}

/**
 * Listens for changes for as long as the page is open, and reconnects by itself.
 * @param {{onChange: () => void, onPanel: () => void, onOnline: (online: boolean) => void}} heard
 *   onChange and onPanel are called after every connection, too, since changes may have been missed.
 */
export function listen({ onChange, onPanel, onOnline }) {
  let grace = 0;
  const open = () => {
    const source = new EventSource('/events');
    source.addEventListener('open', () => {
      clearTimeout(grace);
      grace = 0;
      onOnline(true);
      onChange();
      onPanel();
    });
    source.addEventListener('change', onChange);
    source.addEventListener('panel', onPanel);
    source.addEventListener('error', () => {
      grace ||= setTimeout(() => onOnline(false), GRACE_MS);
      // The browser waits ever longer, and gives up for good on an error status.
      source.close();
      setTimeout(open, RETRY_MS);
    });
  };
  open();
}
