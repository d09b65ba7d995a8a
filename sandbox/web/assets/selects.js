// Menus to choose from: a real <select> for a fixed list, a combobox for a list that the
// bot answers with while the person types.

import { currentValue, dataOf, fillIn } from './acts.js';
import { combobox } from './combobox.js';
import { h } from './dom.js';
import { plain } from './text.js';

/**
 * static_select.
 * @param {Object} element
 * @param {import('./acts.js').Spot} spot
 * @returns {HTMLElement}
 */
export function staticSelect(element, spot) {
  const all = [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((group) => group.options ?? [])];
  const chosen = all.find((option) => option.value === currentValue(element, spot)?.value);
  const select = h('select', { data: dataOf(element, spot), ...naming(element, spot, 'Choose an option') });
  // Empty and hidden: a select without a choice shows its placeholder, which nobody can choose.
  select.append(h('option', { value: '', disabled: true, hidden: true }, plain(element.placeholder) || 'Select an option'));
  select.append(...(element.options ?? []).map(optionNode));
  for (const group of element.option_groups ?? []) {
    select.append(h('optgroup', { label: plain(group.label) }, (group.options ?? []).map(optionNode)));
  }
  let kept = chosen?.value ?? '';
  select.value = kept;
  select.addEventListener('keydown', (event) => openOnArrow(event, select, spot));
  select.addEventListener('change', async () => {
    const option = all.find((o) => o.value === select.value);
    const taken = await fillIn(select, element, spot, option, { selected_option: option.value });
    if (taken) kept = option.value;
    else select.value = kept;
  });
  return h('span.select', {}, select);
}

function optionNode(option) {
  const description = plain(option.description);
  return h('option', { value: option.value }, plain(option.text) + (description ? ` (${description})` : ''));
}

/**
 * An arrow key on a closed select would choose, and so act, at each step. Where choosing
 * acts at once, the arrow opens the list instead, and Enter chooses.
 */
function openOnArrow(event, select, spot) {
  if (spot.inInput || !['ArrowDown', 'ArrowUp'].includes(event.key) || !select.showPicker) return;
  event.preventDefault();
  try {
    select.showPicker();
  } catch {
    // The browser wants a fresh gesture; the next key will do.
  }
}

/**
 * external_select: the bot is asked for options as the person types.
 * @param {Object} element
 * @param {import('./acts.js').Spot} spot
 * @returns {HTMLElement}
 */
export function externalSelect(element, spot) {
  const { desk, block } = spot;
  const least = element.min_query_length ?? 3; // Slack's default.
  let chosen = currentValue(element, spot) ?? null;
  const load = async (text) => {
    if (text.length < least) return { hint: `Type ${least - text.length} more to search` };
    const body = { ...desk.place, block_id: block, action_id: element.action_id, value: text };
    const answer = await desk.live.act('options', body, { quiet: true });
    if (!answer.ok) return { hint: 'The options could not be loaded. Type to try again.' };
    return { options: choices(answer) };
  };
  const box = combobox({
    props: { data: dataOf(element, spot), ...naming(element, spot, 'Search'), placeholder: plain(element.placeholder) || 'Search' },
    text: plain(chosen?.text),
    load,
    onPick: async ({ option }) => {
      if (await fillIn(box.input, element, spot, option, { selected_option: option.value })) chosen = option;
      box.setText(plain(chosen?.text));
    },
    // What was typed but not chosen is no choice.
    onLeave: () => box.setText(plain(chosen?.text)),
  });
  return box.root;
}

function choices(answer) {
  const groups = answer.option_groups ?? [{ options: answer.options ?? [] }];
  return groups.flatMap((group) =>
    (group.options ?? []).map((option) => ({ option, text: plain(option.text), note: plain(option.description) || plain(group.label) })),
  );
}

function naming(element, spot, otherwise) {
  if (spot.labelledby) return { 'aria-labelledby': spot.labelledby, 'aria-describedby': spot.describedby };
  return { 'aria-label': plain(element.placeholder) || otherwise };
}
