import { OVER, region, session, signOut } from "../app/session";

interface Stack {
  middlewareStack: { add(middleware: unknown, options: { step: "initialize"; name: string }): void };
}

/** The error codes that mean an expired session: services use different ones. */
const SESSION_IS_OVER = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidAccessKeyId",
  "InvalidClientTokenId",
  "InvalidToken",
  "UnrecognizedClientException",
]);

type Made = new (config: object) => Stack;
const kept = new Map<Made, { of: string; client: Stack }>();

/**
 * A service's client that calls this origin in the session and the Region of now.
 *
 * It calls as a browser does: with its user agent and the session's keys.
 */
export function clientOf<Client extends Stack>(Client: new (config: never) => Client, more: object = {}): Client {
  const who = session.get();
  if (!who) throw new Error("Nobody is signed in");
  const of = `${who.accessKeyId} ${region.get()}`;
  const found = kept.get(Client as unknown as Made);
  if (found?.of === of) return found.client as Client;
  const client = new (Client as unknown as Made)({
    endpoint: location.origin,
    region: region.get(),
    credentials: who,
    ...more,
  });
  client.middlewareStack.add(watched(who.accessKeyId), { step: "initialize", name: "session" });
  kept.set(Client as unknown as Made, { of, client });
  return client as Client;
}

function watched(accessKeyId: string) {
  return (next: (call: unknown) => Promise<unknown>) => async (call: unknown) => {
    try {
      return await next(call);
    } catch (error) {
      const isOver = SESSION_IS_OVER.has((error as Error).name);
      if (isOver && session.get()?.accessKeyId === accessKeyId) signOut(OVER);
      throw error;
    }
  };
}

/** Why an API refused a call, with its error code. */
export function told(error: unknown): string {
  const { name, message } = error as Error;
  if (name === "TypeError" && /fetch/i.test(message)) return "The local AWS does not answer. Is it still running?";
  return name === "Error" || !name ? message : `${name}: ${message}`;
}

export function code(error: unknown): string {
  return (error as Error).name;
}
