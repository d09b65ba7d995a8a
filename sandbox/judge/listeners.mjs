// What the app hears and does. Each listener is registered under the narrowest constraints that Bolt knows, so that it fires only if
// Bolt finds in the payload what it looks for.
import { questions } from './questions.mjs';
import { form, home, reminder, section, suppliers, whisper } from './blocks.mjs';
import { zooMessage, zooModal } from './zoo.mjs';

export function listen(app, tell) {
  // on wraps a listener: what came in and what it was acknowledged with is told once it is done.
  const on = (listener, act) => async (args) => {
    const line = { listener, body: args.body, retry: args.context.retryNum };
    const ack = async (answer) => {
      line.ack = answer ?? null;
      await args.ack(answer);
    };
    await act({ ...args, ack });
    tell(line);
  };
  listenToMessages(app, on);
  listenToForms(app, on);

  app.event('app_home_opened', on('event app_home_opened', async ({ event, client, context }) => {
    const shown = await client.views.publish({ user_id: event.user, view: home(`Hello <@${event.user}>, I am ${context.botUserId}`) });
    if (event.view) await client.views.publish({ user_id: event.user, view: home('Home once more'), hash: shown.view.hash });
  }));
  app.action({ type: 'block_actions', action_id: 'language', block_id: 'lang' }, on('action language', async ({ ack, body, client }) => {
    await ack();
    await client.views.publish({ user_id: body.user.id, view: home('Hei'), hash: body.view.hash });
  }));
  app.event('app_uninstalled', on('event app_uninstalled', async () => {}));
  app.event('tokens_revoked', on('event tokens_revoked', async () => {}));

  const words = {
    text: ({ ack }) => ack('Plain text.'),
    post: async ({ ack, client, body }) => {
      await ack({ response_type: 'ephemeral', text: 'Posting.', blocks: [section('_Posting._')] });
      await client.chat.postMessage({
        channel: body.channel_id, text: 'Invoice INV-1 is due.', blocks: reminder, unfurl_links: false,
        metadata: { event_type: 'judge', event_payload: { token: 'remind-1', attempt: 2, urgent: true } },
      });
    },
    zoo: async ({ ack, client, body }) => {
      await ack();
      await client.views.open({ trigger_id: body.trigger_id, view: zooModal });
      await client.chat.postMessage({ channel: body.channel_id, text: 'The zoo', blocks: zooMessage });
    },
    whisper: async ({ ack, client, body }) => {
      await ack();
      await client.chat.postEphemeral({ channel: body.channel_id, user: body.user_id, text: 'Only you see this.', blocks: whisper });
    },
    later: async ({ ack, respond }) => {
      await ack();
      await respond('Said to you.');
      await respond({ response_type: 'in_channel', text: 'Said to all.', blocks: [section('*Said to all.*')] });
    },
    say: async ({ ack, say }) => {
      await ack();
      await say({ text: 'Said by say().' });
    },
    ask: async ({ ack, client, body }) => {
      await ack();
      for (const [what, answer] of questions(client, body)) tell({ asked: what, answer: await answer().catch((e) => ({ code: e.code, data: e.data })) });
    },
  };
  app.command('/judge', on('command /judge', (args) => words[args.command.text](args)));
}

function listenToMessages(app, on) {
  app.action({ type: 'block_actions', action_id: 'pay', block_id: 'controls' }, on('action pay', async ({ ack, action, body, client }) => {
    await ack();
    const text = `Paid ${action.value} by <@${body.user.id}>`;
    await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text, blocks: [section(text), reminder[2]] });
  }));
  app.action({ type: 'block_actions', action_id: 'later' }, on('action later', async ({ ack, action, say }) => {
    await ack();
    await say({ text: `Later: ${action.selected_option.value}` });
  }));
  app.action({ type: 'block_actions', action_id: 'more' }, on('action more', async ({ ack, action, respond }) => {
    await ack();
    await respond({ replace_original: false, text: `More: ${action.selected_option.value}` });
  }));
  app.options({ type: 'block_suggestion', action_id: 'supplier', block_id: /./ }, on('options supplier', async ({ ack, options }) => {
    await ack({ options: suppliers.filter((s) => s.text.text.toLowerCase().includes(options.value.toLowerCase())) });
  }));
  app.action({ type: 'block_actions', action_id: 'supplier', block_id: 'look' }, on('action supplier', async ({ ack, action, respond }) => {
    await ack();
    await respond({ replace_original: false, text: `Supplier: ${action.selected_option.text.text}` });
  }));
  app.action({ type: 'block_actions', action_id: 'replace' }, on('action replace', async ({ ack, respond }) => {
    await ack();
    await respond({ replace_original: true, text: 'Replaced.', blocks: [section('Replaced.'), whisper[1]] });
  }));
  app.action({ type: 'block_actions', action_id: 'remove' }, on('action remove', async ({ ack, respond }) => {
    await ack();
    await respond({ delete_original: true });
  }));
}

function listenToForms(app, on) {
  app.action({ type: 'block_actions', action_id: 'open' }, on('action open', async ({ ack, body, client }) => {
    await ack();
    const { view } = await client.views.open({ trigger_id: body.trigger_id, view: form('One moment', '') });
    await client.views.update({ view_id: view.id, hash: view.hash, view: form('A form', JSON.stringify({ ts: body.container.message_ts })) });
  }));
  app.action({ type: 'block_actions', action_id: 'again' }, on('action again', async ({ ack, body, client }) => {
    await ack();
    await client.views.push({ trigger_id: body.trigger_id, view: form('On top', 'pushed') });
  }));
  app.view({ type: 'view_submission', callback_id: 'form' }, on('view form', async ({ ack, view }) => {
    const values = view.state.values;
    const step = values.step.step.selected_option.value;
    const note = `${values.note.note.value}, ${values.supplier.supplier.selected_option?.value}, ${values.days.days.selected_options.length} days`;
    const answers = {
      errors: { response_action: 'errors', errors: { note: `Not ${note}` } },
      update: { response_action: 'update', view: form('Updated', note) },
      push: { response_action: 'push', view: form('Pushed', note) },
      clear: { response_action: 'clear' },
    };
    await ack(answers[step]);
  }));
  app.action({ type: 'block_actions', action_id: /^zoo_/ }, (args) => on(`action ${args.action.action_id}`, ({ ack }) => ack())(args));
  app.options(/^zoo_/, (args) => on(`options ${args.options.action_id}`, ({ ack }) => ack({ option_groups: [{ label: suppliers[0].text, options: suppliers }] }))(args));
  app.view('zoo', on('view zoo', async ({ ack }) => ack({ response_action: 'clear' })));
  app.view({ type: 'view_closed', callback_id: 'form' }, on('view form closed', async ({ ack }) => ack()));
}
