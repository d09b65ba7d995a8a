// Block Kit blocks as nodes: https://docs.slack.dev/reference/block-kit/blocks.

import { h, icon } from './dom.js';
import { image, renderElement } from './elements.js';
import { markdown } from './markdown.js';
import { richText } from './richtext.js';
import { table } from './table.js';
import { plain, textNode } from './text.js';

const RENDERERS = {
  section,
  header: (block) => h(`h${Math.min((block.level ?? 1) + 2, 6)}.header`, {}, plain(block.text)),
  divider: () => h('hr'),
  context,
  actions,
  image: imageBlock,
  input: inputBlock,
  rich_text: (block, desk) => h('div.rich', {}, richText(block.elements, desk)),
  table,
  alert: alertBlock,
  markdown: (block) => h('div.markdown', {}, markdown(block.text ?? '')),
};

/**
 * What reconcile needs to show blocks: one item each, keyed by block_id, so that an
 * unchanged block keeps its node and what is typed in it.
 * @param {Object[]} blocks
 * @param {Object} desk
 * @param {(block: Object) => string} [extra] more that a block's look depends on, such as its error
 * @returns {{key: string, sig: string, build: () => HTMLElement}[]}
 */
export function blockItems(blocks, desk, extra = () => '') {
  const seen = new Set();
  return (blocks ?? []).map((block, i) => {
    let key = block.block_id || `#${i}`;
    if (seen.has(key)) key = `${key}#${i}`; // Slack refuses these; showing both helps to see it.
    seen.add(key);
    return { key, sig: `${desk.sig} ${extra(block)} ${JSON.stringify(block)}`, build: () => renderBlock(block, desk) };
  });
}

function renderBlock(block, desk) {
  const render = RENDERERS[block.type];
  const body = render ? render(block, desk) : h('p.unknown', {}, `unknown block type ${block.type}`);
  return h(`div.block.block-${RENDERERS[block.type] ? block.type : 'unknown'}`, { data: { block: block.block_id ?? '' } }, body);
}

function section(block, desk) {
  const spot = { desk, block: block.block_id ?? '' };
  const fields = (block.fields ?? []).map((field) => h('div.field', {}, textNode(field, desk)));
  const words = h('div.section-text', {},
    block.text && h('div.text', {}, textNode(block.text, desk)),
    fields.length > 0 && h('div.fields', {}, fields));
  const { accessory } = block;
  return h('div.section', {}, words, accessory && h(`div.accessory.accessory-${accessory.type}`, {}, renderElement(accessory, spot)));
}

function context(block, desk) {
  const parts = (block.elements ?? []).map((element) =>
    element.type === 'image' ? image(element) : h('span.context-text', {}, textNode(element, desk)));
  return h('div.context', {}, parts);
}

function actions(block, desk) {
  const spot = { desk, block: block.block_id ?? '' };
  return h('div.actions', {}, (block.elements ?? []).map((element) => renderElement(element, spot)));
}

function imageBlock(block) {
  const title = plain(block.title);
  return h('figure', {}, title && h('figcaption', {}, title), image(block));
}

const ALERT_ICONS = { warning: 'warn', error: 'warn', success: 'done' };

function alertBlock(block, desk) {
  const level = ['info', 'warning', 'error', 'success'].includes(block.level) ? block.level : 'default';
  return h(`div.alert.alert-${level}`, {}, icon(ALERT_ICONS[level] ?? 'info'), h('div', {}, textNode(block.text, desk)));
}

/** A label, an element, a hint, and what is wrong with it. */
function inputBlock(block, desk) {
  const base = `${desk.place.view ?? desk.place.ts}-${block.block_id}`;
  const error = desk.errorOf?.(block.block_id) ?? '';
  const ids = { label: `${base}-label`, hint: `${base}-hint`, error: `${base}-error` };
  const hint = plain(block.hint);
  const describedby = [error && ids.error, hint && ids.hint].filter(Boolean).join(' ') || null;
  const spot = { desk, block: block.block_id ?? '', inInput: true, labelledby: ids.label, describedby };
  const element = renderElement(block.element ?? {}, spot);
  const control = element.matches('input, textarea') ? element : element.querySelector('input, textarea, select');
  const group = element.matches('.choices');
  if (error) (group ? element : control)?.setAttribute('aria-invalid', 'true');
  if (control && !group) control.id = `${base}-control`;
  const label = h(group ? 'div.label' : 'label.label', { id: ids.label, for: group ? null : `${base}-control` },
    plain(block.label), block.optional && h('span.optional', {}, ' (optional)'));
  return h(`div.input${error ? '.has-error' : ''}`, {}, label, element,
    h('p.field-error', { id: ids.error, role: 'alert', hidden: !error }, error && icon('warn'), error),
    hint && h('p.hint', { id: ids.hint }, hint));
}
