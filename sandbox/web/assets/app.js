// The page of `kvitt demo`: a pretend Slack in which a small finance team is alive.
// The demo's server knows everything; this page shows it and sends back what people do.

import { showWaiting, toast } from './announce.js';
import { Composer } from './composer.js';
import { Conversation } from './conversation.js';
import { renderHead } from './head.js';
import { Home } from './home.js';
import { Live } from './live.js';
import { Modal } from './modal.js';
import { Panel } from './panel.js';
import { renderSidebar, wireDrawer } from './sidebar.js';

const live = new Live({ onChange: render, onPanel: () => panel.refresh(), onOnline: (online) => showWaiting(!online), onTrouble: toast });
const panel = new Panel(live);
const conversation = new Conversation(live);
const home = new Home(live);
const composer = new Composer(live);
const modal = new Modal(live);
let lastTrouble = '';

function render() {
  renderSidebar(live);
  renderHead(live);
  showPlace();
  composer.render();
  modal.render();
  tellTrouble(live.state.trouble ?? '');
  document.body.dataset.ready = live.as; // Tests wait for it.
}

function showPlace() {
  const isConversation = Boolean(live.conversation);
  document.getElementById('messages').hidden = !isConversation;
  document.getElementById('home').hidden = isConversation;
  if (isConversation) {
    home.leave();
    conversation.render();
  } else {
    conversation.leave();
    home.render();
  }
}

/** Each trouble is told once, not on every change while it lasts. */
function tellTrouble(trouble) {
  if (trouble && trouble !== lastTrouble) toast(trouble);
  lastTrouble = trouble;
}

wireDrawer();
live.start();
panel.start();
