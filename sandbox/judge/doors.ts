// What goes through the doors, in the types of @slack/bolt and @slack/web-api; below head.ts where a claim needs it.
import type * as bolt from '@slack/bolt';
import type * as api from '@slack/web-api';

// An answer of the Web API as it goes over the line: the SDK writes texts as enums, and never says what may be null.
type Wire<T> = T extends string ? `${T}` : T extends (infer U)[] ? Wire<U>[] : T extends object ? { [K in keyof T]: Wire<T[K]> | null } : T;

// open takes what has at least what a type asks for, as payloads do.
declare function open<T>(): <U extends T>(value: U) => void;
export type { bolt, api, Wire };

export const asBoltAnswers = (answer: Answer): bolt.RespondArguments => answer;
export const asBoltReplies = (reply: Reply): bolt.ViewResponseAction => reply;

