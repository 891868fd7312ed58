/** Names of faults and changes as people read them: "host death primary of shard 0"; scenarios write kinds of faults in one word. */
import { printable } from "./layout.ts";

export const faultWords = (label: string): string =>
  printable(label)
    .replace(/\b([a-z]+)([A-Z])/gu, (_, first: string, capital: string) => `${first} ${capital.toLowerCase()}`)
    .replace(/\b1 servers\b/u, "1 server");
