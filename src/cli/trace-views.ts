/** `shardlab trace --perfetto FILE` and `--svg FILE`: one run as files that are looked at. */
import { basename, dirname } from "node:path";
import { perfetto } from "../report/perfetto.ts";
import { spaceTime } from "../report/space-time.ts";
import type { RunRecord } from "../simulator/record/record.ts";
import type { SentMessage } from "../simulator/record/sent-message.ts";
import { InputError } from "./exit.ts";
import { writeFiles } from "./files.ts";

export interface ViewFilter {
  readonly shards: ReadonlySet<number>;
  readonly servers: ReadonlySet<number>;
  readonly time: { readonly from: number; readonly to: number };
}

/** What was asked for; undefined: none. */
export interface Views {
  readonly perfetto: string | undefined;
  readonly svg: string | undefined;
}

/** Messages beyond which the file would be larger than viewers open. */
const MESSAGES_MOST = 300_000;

/** Gathers the messages that pass the filter while a run goes on. */
export function gatherMessages({ shards, servers, time }: ViewFilter): {
  readonly message: (message: SentMessage) => void;
  readonly found: () => readonly SentMessage[];
} {
  const found: SentMessage[] = [];
  return {
    message: (sent) => {
      const { sentAt, at = sentAt, shard, from, to, name } = sent;
      if (at < time.from || sentAt >= time.to) return;
      // Messages that belong to no shard carry shard 0: a replica's own word counts more.
      const own = Math.max(from.shard, to.shard);
      if (shards.size > 0 && !shards.has(own < 0 ? shard : own)) return;
      if (servers.size > 0 && ![from.server, to.server].some((server) => server !== undefined && servers.has(server))) return;
      if (found.length === MESSAGES_MOST)
        throw new InputError([
          `more than ${MESSAGES_MOST} messages (the last ${name} at ${at / 1e6} s): ask for a shorter --time, a --shard or a --server`,
        ]);
      found.push(sent);
    },
    found: () => found,
  };
}

/** Writes what was asked for. Gives a line about each file. */
export function writeViews(record: RunRecord, messages: readonly SentMessage[], { time }: ViewFilter, views: Views): readonly string[] {
  const lines: string[] = [];
  if (views.perfetto !== undefined) {
    const found = perfetto(record, messages, { time });
    write(views.perfetto, `${JSON.stringify(found)}\n`);
    lines.push(
      `${views.perfetto}: ${found.traceEvents.length} events, ${messages.length} messages; open it at ui.perfetto.dev or chrome://tracing`,
    );
  }
  if (views.svg !== undefined) {
    const { scenario, strategy, seed, servers } = record.header;
    const title = `${scenario}, ${strategy}, seed ${seed}`;
    const { svg, drawn, left } = spaceTime({ title, facts: record.facts, messages, time, servers: servers.map(({ name }) => name) });
    write(views.svg, svg);
    lines.push(`${views.svg}: ${drawn} messages${left === 0 ? "" : `; no room for ${left} more`}`);
  }
  return lines;
}

const write = (file: string, content: string): void => {
  writeFiles(dirname(file), [{ name: basename(file), content }]);
};
