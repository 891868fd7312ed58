/** `shardlab trace --perfetto FILE` and `--svg FILE`: one run as files that are looked at. */
import { basename, dirname } from "node:path";
import { type Seen, perfetto } from "../report/perfetto.ts";
import { spaceTime } from "../report/space-time.ts";
import type { RunRecord } from "../simulator/record/record.ts";
import type { SentMessage, Service } from "../simulator/record/sent-message.ts";
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

/** Gathers the messages, and the work of cores, that pass the filter while a run goes on. */
export function gatherMessages({ shards, servers, time }: ViewFilter): {
  readonly message: (message: SentMessage) => void;
  readonly service: (service: Service) => void;
  readonly found: () => Seen;
} {
  const found: SentMessage[] = [];
  const services: Service[] = [];
  return {
    service: (one) => {
      if (one.to < time.from || one.from >= time.to) return;
      if (shards.size > 0 && !shards.has(one.shard)) return;
      if (servers.size > 0 && !servers.has(one.server)) return;
      if (services.length < MESSAGES_MOST) services.push(one);
    },
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
    found: () => ({ messages: found, services }),
  };
}

/** Writes what was asked for. Gives a line about each file. */
export function writeViews(record: RunRecord, seen: Seen, { time }: ViewFilter, views: Views): readonly string[] {
  const { messages, services } = seen;
  const lines: string[] = [];
  if (views.perfetto !== undefined) {
    const found = perfetto(record, seen, { time });
    write(views.perfetto, `${JSON.stringify(found)}\n`);
    lines.push(
      `${views.perfetto}: ${found.traceEvents.length} events, ${messages.length} messages, ${services.length} services; open it at ui.perfetto.dev or chrome://tracing`,
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
