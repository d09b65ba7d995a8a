// A Bolt app, started as its documentation says, with another API address and nothing else out of the ordinary. Every line on standard
// output is one JSON object: what a listener heard and answered, or what a call returned. It ends with its standard input.
import bolt from '@slack/bolt';
import { listen } from './listeners.mjs';

const env = process.env;
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const warn = (...words) => tell({ warned: words.map(String).join(' ') });
const logger = { debug() {}, info() {}, warn, error: warn, setLevel() {}, getLevel: () => 'warn', setName() {} };

const app = new bolt.App({
  token: env.SLACK_BOT_TOKEN,
  ...(env.DOOR === 'socket'
    ? { socketMode: true, appToken: env.SLACK_APP_TOKEN }
    : { receiver: new bolt.HTTPReceiver({ signingSecret: env.SLACK_SIGNING_SECRET, logger }) }),
  clientOptions: { slackApiUrl: env.SLACK_API_URL },
  logger,
});
app.error(async (error) => tell({ trouble: String(error.original ?? error) }));
listen(app, tell);

const server = await app.start({ host: '127.0.0.1', port: 0 });
tell({ started: env.DOOR === 'socket' ? 'connected' : `127.0.0.1:${server.address().port}` });

process.stdin.resume();
process.stdin.once('end', async () => {
  setTimeout(() => process.exit(1), 2000).unref();
  await app.stop();
  process.exit(0);
});
