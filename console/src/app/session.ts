import { Store } from "./store";

/** The keys of a session of the console, and whose it is. Kept for this tab only. */
export interface Session {
  account: string;
  arn: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

const KEY = "session";
const REGION = "region";

export const session = new Store<Session | null>(read());
export const region = new Store(sessionStorage.getItem(REGION) ?? "us-east-1");

/** Why the last session ended; empty if there was none. */
export const ended = new Store("");

function read(): Session | null {
  const kept = sessionStorage.getItem(KEY);
  return kept ? (JSON.parse(kept) as Session) : null;
}

export function chooseRegion(wanted: string): void {
  sessionStorage.setItem(REGION, wanted);
  region.set(wanted);
}

export type Credentials =
  | { as: "user"; account: string; name: string; password: string }
  | { as: "root"; account: string }
  | { as: "session"; token: string };

/** Sign in. Throws an Error with the server's reason. */
export async function signIn(credentials: Credentials): Promise<void> {
  const answer = await fetch("/_local-aws/sign-in", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(credentials),
  });
  const keys = await answer.json();
  if (!answer.ok) throw new Error(keys.message);
  const who = await owner(keys.AccessKeyId);
  if (!who) throw new Error("The session ended as soon as it started. Is the server's clock right?");
  const begun: Session = {
    account: who.Account,
    arn: who.Arn,
    accessKeyId: keys.AccessKeyId,
    secretAccessKey: keys.SecretAccessKey,
    sessionToken: keys.SessionToken,
  };
  sessionStorage.setItem(KEY, JSON.stringify(begun));
  ended.set("");
  session.set(begun);
}

async function owner(accessKeyId: string): Promise<{ Account: string; Arn: string } | null> {
  const answer = await fetch(`/_local-aws/session?access_key_id=${accessKeyId}`);
  return answer.ok ? answer.json() : null;
}

export function signOut(why = ""): void {
  sessionStorage.removeItem(KEY);
  ended.set(why);
  session.set(null);
}

export const OVER = "Your session has expired, or the local AWS was restarted. Sign in again.";

/** A restarted server does not know the session's keys, and would take them for the root user's. */
export async function checkSession(): Promise<void> {
  const kept = session.get();
  if (kept && !(await owner(kept.accessKeyId))) signOut(OVER);
}

/** The server's account, to fill in the form. */
export async function usualAccount(): Promise<string> {
  const answer = await fetch("/_local-aws/status");
  return (await answer.json()).account;
}
