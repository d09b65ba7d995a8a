// Times as Slack shows them: in the reader's language and in the reader's zone.

/** The reader's zone; undefined is this browser's. */
let zone;

/**
 * Has all times shown in a person's zone.
 * @param {string} [name] such as "Europe/Oslo"
 */
export function showTimesIn(name) {
  zone = name || undefined;
}

/**
 * The moment of a message.
 * @param {string} ts Slack's "seconds.micros"
 * @returns {Date}
 */
export function momentOf(ts) {
  return new Date(Number.parseFloat(ts) * 1000);
}

/**
 * Time of day.
 * @param {Date} at
 * @param {string} locale BCP 47, such as "nb-NO"
 * @returns {string}
 */
export function clock(at, locale) {
  return format(at, locale, { hour: 'numeric', minute: '2-digit' });
}

/**
 * Date and time in full, for tooltips.
 * @param {Date} at
 * @param {string} locale
 * @returns {string}
 */
export function fullMoment(at, locale) {
  return format(at, locale, { dateStyle: 'full', timeStyle: 'medium' });
}

/**
 * A key that is the same for all moments of one calendar day.
 * @param {Date} at
 * @returns {string}
 */
export function dayKey(at) {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);
}

/**
 * The words on a day divider; the page itself speaks English.
 * @param {Date} at
 * @param {Date} now
 * @returns {string}
 */
export function dayLabel(at, now) {
  const days = daysBetween(now, at);
  if (days === 0) return 'Today';
  if (days === -1) return 'Yesterday';
  const year = dayKey(at).slice(0, 4) === dayKey(now).slice(0, 4) ? undefined : 'numeric';
  return format(at, 'en', { weekday: 'long', month: 'long', day: 'numeric', year });
}

const DATES = {
  date_num: { year: 'numeric', month: '2-digit', day: '2-digit' },
  date_slash: { year: 'numeric', month: '2-digit', day: '2-digit' },
  date: { year: 'numeric', month: 'long', day: 'numeric' },
  date_short: { year: 'numeric', month: 'short', day: 'numeric' },
  date_long: { year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' },
  date_long_full: { year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' },
  day_divider: { month: 'long', day: 'numeric', weekday: 'long' },
  time: { hour: 'numeric', minute: '2-digit' },
  time_secs: { hour: 'numeric', minute: '2-digit', second: '2-digit' },
};

/**
 * Fills in a date token's pattern, such as "{date_short} at {time}".
 * Source: https://docs.slack.dev/messaging/formatting-message-text#date-formatting
 * @param {number} unix seconds
 * @param {string} pattern
 * @param {string} locale
 * @param {Date} now what "today" means
 * @returns {string} empty when unix is not a moment; the caller shows the fallback.
 */
export function slackDate(unix, pattern, locale, now) {
  const at = new Date(unix * 1000);
  if (Number.isNaN(at.getTime())) return '';
  return pattern.replace(/\{(\w+)\}/g, (whole, token) => {
    if (token === 'ago') return ago(at, locale, now);
    const plain = token.replace(/_pretty$/, '');
    if (!DATES[plain]) return whole;
    const near = token === plain ? '' : nearDay(at, locale, now);
    return near || format(at, locale, DATES[plain]);
  });
}

function nearDay(at, locale, now) {
  const days = daysBetween(now, at);
  return Math.abs(days) <= 1 ? relative(days, 'day', locale) : '';
}

function ago(at, locale, now) {
  const minutes = Math.round((at - now) / 60000);
  if (Math.abs(minutes) < 60) return relative(minutes, 'minute', locale);
  if (Math.abs(minutes) < 60 * 24) return relative(Math.round(minutes / 60), 'hour', locale);
  return relative(daysBetween(now, at), 'day', locale);
}

function daysBetween(from, to) {
  const day = (at) => Date.parse(dayKey(at)) / 86400000;
  return day(to) - day(from);
}

function relative(count, unit, locale) {
  return withLocale(locale, (l) => new Intl.RelativeTimeFormat(l, { numeric: 'auto' }).format(count, unit));
}

function format(at, locale, options) {
  return withLocale(locale, (l) => new Intl.DateTimeFormat(l, { timeZone: zone, ...options }).format(at));
}

/** A locale from outside may be malformed, which Intl answers with a RangeError. */
function withLocale(locale, use) {
  try {
    return use(locale || 'en-US');
  } catch {
    return use('en-US');
  }
}
