// The table block: https://docs.slack.dev/reference/block-kit/blocks/table-block.

import { h } from './dom.js';
import { withEmoji } from './emoji.js';
import { richText } from './richtext.js';

/**
 * Renders a table; its first row is the heading, as in Slack.
 * @param {Object} block
 * @param {Object} desk
 * @returns {HTMLElement}
 */
export function table(block, desk) {
  const settings = block.column_settings ?? [];
  const [head, ...body] = block.rows ?? [];
  const row = (cells, tag) => h('tr', {}, (cells ?? []).map((cell, i) => cellNode(cell, tag, settings[i], desk)));
  // Focusable, so that a wide table can be scrolled with the keyboard.
  return h('div.table-scroll', { tabindex: '0', role: 'region', 'aria-label': 'Table' },
    h('table', {}, head && h('thead', {}, row(head, 'th')), h('tbody', {}, body.map((cells) => row(cells, 'td')))));
}

function cellNode(cell, tag, setting, desk) {
  const align = ['center', 'right'].includes(setting?.align) ? `.align-${setting.align}` : '';
  const wrap = setting?.is_wrapped ? '.wrapped' : '';
  return h(`${tag}${align}${wrap}`, { scope: tag === 'th' ? 'col' : null }, content(cell ?? {}, desk));
}

function content(cell, desk) {
  if (cell.type === 'rich_text') return richText(cell.elements, desk);
  if (cell.type === 'raw_text') return withEmoji(cell.text ?? '');
  if (cell.type === 'raw_number') return cell.text || String(cell.value ?? '');
  return h('span.unknown', {}, `unknown cell type ${cell.type}`);
}
