// The shortcodes an invoice bot is likely to use; an unknown one stays as it was typed.

const TABLE = `
white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎|no_entry ⛔
no_entry_sign 🚫|warning ⚠️|rotating_light 🚨|exclamation ❗|question ❓|grey_question ❔|bangbang ‼️|information_source ℹ️
hourglass ⌛|hourglass_flowing_sand ⏳|alarm_clock ⏰|clock1 🕐|clock3 🕒|clock9 🕘|stopwatch ⏱️|timer_clock ⏲️|watch ⌚
calendar 📅|date 📅|spiral_calendar_pad 🗓️|bell 🔔|no_bell 🔕|zzz 💤|moneybag 💰|money_with_wings 💸|dollar 💵|euro 💶
pound 💷|yen 💴|credit_card 💳|bank 🏦|receipt 🧾|page_facing_up 📄|memo 📝|pencil 📝|pencil2 ✏️|clipboard 📋
inbox_tray 📥|outbox_tray 📤|envelope ✉️|email 📧|incoming_envelope 📨|package 📦|chart_with_upwards_trend 📈|bar_chart 📊
lock 🔒|unlock 🔓|key 🔑|closed_lock_with_key 🔐|shield 🛡️|link 🔗|paperclip 📎|pushpin 📌|round_pushpin 📍|mag 🔍
large_green_circle 🟢|large_yellow_circle 🟡|large_orange_circle 🟠|red_circle 🔴|large_blue_circle 🔵|white_circle ⚪
black_circle ⚫|small_blue_diamond 🔹|small_orange_diamond 🔸|arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️|arrow_down ⬇️
arrows_counterclockwise 🔄|repeat 🔁|leftwards_arrow_with_hook ↩️|heavy_plus_sign ➕|heavy_minus_sign ➖|gear ⚙️|wrench 🔧
tada 🎉|sparkles ✨|star ⭐|fire 🔥|rocket 🚀|bulb 💡|eyes 👀|wave 👋|+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|raised_hands 🙌
pray 🙏|clap 👏|ok_hand 👌|muscle 💪|point_right 👉|point_left 👈|point_down 👇|point_up ☝️|hand ✋|raised_hand ✋
smile 😄|slightly_smiling_face 🙂|wink 😉|thinking_face 🤔|sweat_smile 😅|cry 😢|heart ❤️|green_heart 💚|robot_face 🤖
speech_balloon 💬|mega 📣|loudspeaker 📢|globe_with_meridians 🌐|cloud ☁️|office 🏢|house 🏠|no 🇳🇴|flag-no 🇳🇴|gb 🇬🇧
flag-gb 🇬🇧|us 🇺🇸|flag-us 🇺🇸|eu 🇪🇺|flag-eu 🇪🇺|snowflake ❄️|sunny ☀️|coffee ☕|double_vertical_bar ⏸️|arrow_forward ▶️
`;

const BY_NAME = new Map(
  TABLE.trim().split(/[|\n]/).map((entry) => entry.trim().split(' ')),
);

/**
 * The character of a shortcode.
 * @param {string} name without colons
 * @returns {string|undefined}
 */
export function emojiFor(name) {
  return BY_NAME.get(name);
}

/**
 * The character of a rich_text emoji element's `unicode` field, such as "1f1f3-1f1f4".
 * @param {string|undefined} unicode
 * @returns {string|undefined}
 */
export function emojiFromUnicode(unicode) {
  if (!/^[0-9a-f]{1,6}(-[0-9a-f]{1,6})*$/i.test(unicode ?? '')) return undefined;
  const points = unicode.split('-').map((hex) => Number.parseInt(hex, 16));
  return points.every((p) => p <= 0x10ffff) ? String.fromCodePoint(...points) : undefined;
}

/**
 * Replaces known shortcodes in plain text.
 * @param {string} text
 * @returns {string}
 */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => emojiFor(name) ?? whole);
}
