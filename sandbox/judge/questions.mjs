// The calls of the Web API whose answers the test looks at.
import { section } from './blocks.mjs';

const long = 'x'.repeat(3001);

export function* questions(client, { user_id: user, channel_id: channel }) {
  yield ['auth.test', () => client.auth.test()];
  yield ['users.info', () => client.users.info({ user, include_locale: true })];
  yield ['users.list', () => client.users.list({ limit: 2 })];
  yield ['conversations.open', () => client.conversations.open({ users: user, return_im: true })];
  yield ['conversations.info', () => client.conversations.info({ channel, include_locale: true, include_num_members: true })];
  yield ['conversations.members', () => client.conversations.members({ channel, limit: 2 })];
  yield ['conversations.history', () => client.conversations.history({ channel, include_all_metadata: true, limit: 50 })];
  yield ['history without metadata', () => client.conversations.history({ channel })];
  yield ['bots.info', () => client.bots.info({})];
  yield ['team.info', () => client.team.info()];

  let thread;
  yield ['chat.postMessage', async () => (thread = await client.chat.postMessage({ channel: user, text: 'Fish & chips < 5', attachments: [] }))];
  const reply = () => client.chat.postMessage({ channel: thread.channel, thread_ts: thread.ts, text: 'A reply', reply_broadcast: false });
  yield ['a reply', reply];
  yield ['conversations.replies', () => client.conversations.replies({ channel: thread.channel, ts: thread.ts })];
  yield ['chat.getPermalink', () => client.chat.getPermalink({ channel: thread.channel, message_ts: thread.ts })];
  yield ['chat.delete', () => client.chat.delete({ channel: thread.channel, ts: thread.ts })];

  yield ['too long a block', () => client.chat.postMessage({ channel, text: 'x', blocks: [section(long)] })];
  yield ['a trigger of nobody', () => client.views.open({ trigger_id: '1.2.3', view: { type: 'modal', title: { type: 'plain_text', text: 'x' }, blocks: [] } })];
  yield ['an unknown method', () => client.apiCall('chat.shout', { channel })];
  yield ['no such person', () => client.users.info({ user: 'U0NOBODY00' })];
  yield ['a busy method', () => client.chat.getPermalink({ channel: thread.channel, message_ts: thread.ts })];
}
