// The top of every file that types.go has compiled: what an app sends, in the types of @slack/types.
import type * as slack from '@slack/types';

// The SDK lets any block at all pass (AnyBlock); here it has to be one that the SDK knows.
type Known<T> = Omit<T, 'blocks'> & { blocks: slack.KnownBlock[] };
type Modal = Known<slack.ModalView>;
type Home = Known<slack.HomeView>;
type Message = { text: string; blocks?: slack.KnownBlock[]; attachments?: slack.MessageAttachment[]; metadata?: slack.MessageMetadata };

// Answers to a command and to a submission. They are written out, because compiling Bolt's own types for every one takes long; doors.ts
// holds that they are Bolt's.
type Answer = Message & { response_type?: 'ephemeral' | 'in_channel'; replace_original?: boolean; delete_original?: boolean; thread_ts?: string };
type Reply =
  | { response_action: 'update' | 'push'; view: Modal }
  | { response_action: 'errors'; errors: Record<string, string> }
  | { response_action: 'clear' };
export type { slack, Modal, Home, Message, Answer, Reply };

