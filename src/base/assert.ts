/** The third kind of error ("we are wrong", beside a wrong scenario and a system that refuses): a broken promise of our own ends the run, with its numbers. */

/** Thrown by `assert` and `unreachable`; `cli` turns it into exit status 3 and the command that repeats the run. */
export class InternalError extends Error {
  override readonly name = "InternalError";
}

/** Ends the run with `message` unless `claim` holds. Build the message only from numbers that help to find the cause. */
export function assert(claim: boolean, message: string): asserts claim {
  if (!claim) throw new InternalError(message);
}

/** Ends the run. In hot code write `if (!claim) fail(...)`: the words of `assert` are put together even when they are not needed. */
export function fail(message: string): never {
  throw new InternalError(message);
}

/** The end of a switch over a closed union: compiles only while every kind is handled. */
export function unreachable(value: never): never {
  throw new InternalError(`unreachable case: ${JSON.stringify(value)}`);
}
