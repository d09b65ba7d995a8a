// What the app shows.

const plain = (text) => ({ type: 'plain_text', text });
const option = (value, text) => ({ text: plain(text), value });

export const section = (text) => ({ type: 'section', text: { type: 'mrkdwn', text } });

const button = (action_id, text, value) => ({ type: 'button', action_id, text: plain(text), ...(value && { value }) });

const later = {
  type: 'static_select', action_id: 'later', placeholder: plain('Remind me later'),
  options: [option('1d', 'Tomorrow'), option('3d', 'In 3 days')],
};
const more = { type: 'overflow', action_id: 'more', options: [option('view', 'View invoice'), option('mute', 'Mute')] };
const supplier = { type: 'external_select', action_id: 'supplier', placeholder: plain('Supplier'), min_query_length: 0 };

export const suppliers = [option('acme', 'Acme Cloud'), option('nordlys', 'Nordlys Fiber')];

export const reminder = [
  section('Invoice *INV-1* over *1200.00 USD* is due & <https://pay.example|open>.'),
  {
    type: 'actions', block_id: 'controls',
    elements: [{ ...button('pay', 'Pay now', 'INV-1'), style: 'primary' }, later, more, button('open', 'Open a form', 'INV-1')],
  },
  { type: 'actions', block_id: 'look', elements: [supplier] },
];

export const whisper = [
  section('Only you see this.'),
  { type: 'actions', block_id: 'whispered', elements: [button('replace', 'Replace'), button('remove', 'Remove')] },
];

const input = (block_id, label, element, optional = false) => ({ type: 'input', block_id, label: plain(label), element, optional });

const steps = ['errors', 'update', 'push', 'clear', 'close'];

export const form = (title, private_metadata) => ({
  type: 'modal', callback_id: 'form', private_metadata, title: plain(title), submit: plain('Go on'), close: plain('Leave'), notify_on_close: true,
  blocks: [
    section('What shall happen to this form?'),
    input('step', 'Next', { type: 'static_select', action_id: 'step', options: steps.map((step) => option(step, `Do ${step}`)) }),
    input('supplier', 'Supplier', supplier, true),
    input('note', 'Note', { type: 'plain_text_input', action_id: 'note', max_length: 20 }, true),
    input('days', 'Days', { type: 'checkboxes', action_id: 'days', options: [option('mon', 'Monday'), option('tue', 'Tuesday')] }, true),
    { type: 'actions', block_id: 'row', elements: [button('again', 'Fill in anew', 'x')] },
  ],
});

export const home = (text) => ({
  type: 'home', callback_id: 'home',
  blocks: [section(text), { type: 'actions', block_id: 'lang', elements: [button('language', 'Norsk', 'nb')] }],
});
