// One of every block and element that a Slack app may send, with every field that the SDK's types know of it.

const plain = (text) => ({ type: 'plain_text', text, emoji: true });
const mrkdwn = (text) => ({ type: 'mrkdwn', text, verbatim: true });
const option = (value) => ({ text: plain(`Option ${value}`), value, description: plain(`Takes ${value}`) });
const confirm = { title: plain('Sure?'), text: mrkdwn('*Really*?'), confirm: plain('Yes'), deny: plain('No'), style: 'danger' };
const options = [option('a'), option('b'), option('c')];
const common = { confirm, focus_on_load: false };
const menu = { ...common, placeholder: plain('Choose') };
const image = { type: 'image', image_url: 'https://img.example/1.png', alt_text: 'a picture' };
const filter = { include: ['public', 'im'], exclude_bot_users: true };

// Each is in the zoo once, under the action_id zoo_<type>.
const elements = [
  { type: 'button', text: plain('Press'), value: 'v', style: 'danger', confirm: { text: plain('Sure?') }, accessibility_label: 'Press me' },
  { type: 'static_select', option_groups: [{ label: plain('Group'), options }], initial_option: options[1], ...menu },
  { type: 'external_select', min_query_length: 0, initial_option: options[0], ...menu },
  { type: 'users_select', initial_user: 'U0BO000001', ...menu },
  { type: 'conversations_select', filter, default_to_current_conversation: true, response_url_enabled: false, ...menu },
  { type: 'channels_select', response_url_enabled: false, initial_channel: 'C0FINANCE1', ...menu },
  { type: 'multi_static_select', options, initial_options: [options[0]], max_selected_items: 2, ...menu },
  { type: 'multi_external_select', min_query_length: 1, initial_options: [options[2]], max_selected_items: 2, ...menu },
  { type: 'multi_users_select', max_selected_items: 3, ...menu },
  { type: 'multi_conversations_select', filter, ...menu },
  { type: 'multi_channels_select', initial_channels: ['C0FINANCE1'], ...menu },
  { type: 'overflow', options: [{ text: plain('Read'), value: 'a', url: 'https://a.example' }, option('b')], confirm },
  { type: 'radio_buttons', options, initial_option: option('b'), ...common },
  { type: 'checkboxes', options, ...common },
  { type: 'datepicker', initial_date: '2026-03-10', ...menu },
  { type: 'timepicker', initial_time: '09:00', timezone: 'Europe/Oslo', ...menu },
  { type: 'datetimepicker', initial_date_time: 1773133200, ...common },
].map((element) => ({ ...element, action_id: `zoo_${element.type}` }));

const typed = { placeholder: plain('Write'), focus_on_load: false };
const writing = { dispatch_action_config: { trigger_actions_on: ['on_enter_pressed', 'on_character_entered'] }, ...typed };
const rich = (text) => ({ type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text, style: { bold: true } }] }] });

// Only inputs hold these.
const inputs = [
  { type: 'plain_text_input', multiline: true, min_length: 1, max_length: 30, initial_value: 'Hi', ...writing },
  { type: 'number_input', is_decimal_allowed: false, min_value: '1', max_value: '9', initial_value: '3', ...writing },
  { type: 'email_text_input', initial_value: 'a@b.example', ...writing },
  { type: 'url_text_input', initial_value: 'https://a.example', ...writing },
  { type: 'rich_text_input', initial_value: rich('Hello'), ...writing },
  { type: 'file_input', filetypes: ['pdf'], max_files: 2 },
].map((element) => ({ ...element, action_id: `zoo_${element.type}` }));

const shown = [
  { type: 'header', text: plain('The zoo') },
  { type: 'section', text: mrkdwn('<@U0BO000001> & <https://a.example|here>'), fields: [plain('One'), mrkdwn('_Two_')], accessory: image, expand: true },
  { type: 'divider' },
  { ...image, title: plain('A picture') },
  { type: 'context', elements: [image, plain('Small'), mrkdwn('*print*')] },
  {
    type: 'video', title: plain('A film'), alt_text: 'a film', video_url: 'https://v.example/1', thumbnail_url: 'https://v.example/1.png',
    author_name: 'Asha', description: plain('About it'), provider_icon_url: 'https://v.example/i.png', provider_name: 'V', title_url: 'https://v.example',
  },
  rich('Bold'),
];

const actions = [];
for (let n = 0; n < elements.length; n += 5) actions.push({ type: 'actions', elements: elements.slice(n, n + 5) });

const cell = (text) => ({ type: 'raw_text', text });

export const zooMessage = [
  ...shown,
  ...actions,
  { type: 'markdown', text: '**Bold**' },
  {
    type: 'table', column_settings: [{ align: 'right', is_wrapped: true }],
    rows: [[cell('a'), { type: 'raw_number', value: 1, text: '1' }], [cell('b'), rich('c')]],
  },
  {
    type: 'context_actions',
    elements: [
      { type: 'feedback_buttons', action_id: 'zoo_feedback_buttons', positive_button: { text: plain('+'), value: 'y' }, negative_button: { text: plain('-'), value: 'n' } },
      { type: 'icon_button', action_id: 'zoo_icon_button', icon: 'trash', text: plain('Away'), value: 'v', confirm, visible_to_user_ids: ['U0ASHA0001'] },
    ],
  },
];

const inputBlock = (element) => ({
  type: 'input', block_id: element.type, label: plain(element.type), hint: plain('A hint'), optional: true, dispatch_action: element.type === 'plain_text_input', element,
});

export const zooModal = {
  type: 'modal', callback_id: 'zoo', title: plain('The zoo'), submit: plain('Go'), close: plain('Leave'), private_metadata: 'x', external_id: 'zoo',
  clear_on_close: true, notify_on_close: false,
  blocks: [
    { type: 'alert', text: mrkdwn('Mind the *lions*'), level: 'warning' },
    ...shown,
    ...elements.filter((e) => !['button', 'overflow'].includes(e.type)).concat(inputs).map(inputBlock),
  ],
};
