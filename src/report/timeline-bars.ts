/** What a server was, and when: up, leading shards, paused, down; from the facts of one run. */
import type { RunRecord } from "../simulator/record/record.ts";
import { counted } from "../study/stats/figure.ts";

export interface Lane {
  /** `f` faults, `v0` the first client location, `s0` the first server. */
  readonly id: string;
  readonly name: string;
}

export interface TimelineBar {
  readonly lane: string;
  readonly state: "fault" | "out" | "up" | "primary" | "paused" | "down";
  /** Microseconds of measured time. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** Shards that a primary leads; else 0. */
  readonly count: number;
}

interface Server {
  readonly leads: Set<number>;
  state: "up" | "paused" | "down" | "absent";
  since: number;
  readonly bars: TimelineBar[];
}

/** Bars of one server follow one another without a gap, but where it is not there yet. */
export function serverBars({ facts, header }: RunRecord): readonly TimelineBar[] {
  const servers = header.servers.map(({ joins }): Server => ({
    leads: new Set(),
    state: joins === true ? "absent" : "up",
    since: -header.warmup,
    bars: [],
  }));
  const byName = new Map(header.servers.map(({ name }, index) => [name, index]));
  const close = (index: number, at: number): void => {
    const server = servers[index]!;
    const from = Math.max(0, server.since);
    if (at > from && server.state !== "absent") {
      const { state, text, count } = barOf(server);
      server.bars.push({ lane: `s${index}`, state, from, to: at, text, count });
    }
    server.since = Math.max(at, server.since);
  };
  /** What changes at `at`, after the bar up to then has been closed. */
  const change = (index: number, at: number, act: (server: Server) => void): void => {
    const server = servers[index];
    if (server === undefined || at >= header.duration) return;
    const before = `${server.state} ${server.leads.size}`;
    const next = { ...server, leads: new Set(server.leads) };
    act(next);
    if (before !== `${next.state} ${next.leads.size}`) close(index, at);
    act(server);
  };
  for (const fact of facts) {
    switch (fact.kind) {
      case "ready":
        change(fact.server, fact.at, ({ leads }) => leads.add(fact.shard));
        break;
      case "demoted":
      case "rejoined":
        change(fact.server, fact.at, ({ leads }) => leads.delete(fact.shard));
        break;
      case "membership":
        if (fact.change === "add") for (const index of fact.servers) change(index, fact.at, (server) => (server.state = "up"));
        if (fact.change === "remove") for (const index of fact.servers) change(index, fact.at, (server) => (server.state = "absent"));
        break;
      case "process": {
        const index = byName.get(fact.host);
        if (index !== undefined) change(index, fact.at, (server) => follow(server, fact.change));
        break;
      }
      default:
        break;
    }
  }
  servers.forEach((_, index) => close(index, header.duration));
  return servers.flatMap(({ bars }) => bars);
}

function follow(server: Server, change: "started" | "crashed" | "stopped" | "paused" | "resumed"): void {
  server.state = change === "paused" ? "paused" : change === "crashed" || change === "stopped" ? "down" : "up";
  if (server.state === "down") server.leads.clear();
}

function barOf({ state, leads }: Server): Pick<TimelineBar, "state" | "text" | "count"> {
  if (state === "up" && leads.size > 0)
    return {
      state: "primary",
      text: `leads ${counted(leads.size, "shard")}: ${[...leads]
        .sort((a, b) => a - b)
        .slice(0, 6)
        .join(", ")}${leads.size > 6 ? ", …" : ""}`,
      count: leads.size,
    };
  const held = leads.size > 0 ? `, led ${counted(leads.size, "shard")}` : "";
  return { state: state === "absent" ? "down" : state, text: `${state}${held}`, count: 0 };
}

/** Where leads change all the time: one bar for as long as a server leads anything. */
export function withoutCounts(bars: readonly TimelineBar[]): readonly TimelineBar[] {
  const found: TimelineBar[] = [];
  for (const bar of bars) {
    const last = found.at(-1);
    const goes = last?.lane === bar.lane && last.state === "primary" && bar.state === "primary" && last.to === bar.from;
    if (goes) found[found.length - 1] = { ...last, to: bar.to, text: "leads shards, not always as many", count: 0 };
    else found.push(bar);
  }
  return found;
}

/** Spans that overlap or touch, put together, each with what it was made of; in order of time. */
export function union<T>(
  spans: readonly { readonly from: number; readonly to: number; readonly of: T }[],
): readonly { readonly from: number; readonly to: number; readonly of: readonly T[] }[] {
  const found: { from: number; to: number; of: T[] }[] = [];
  for (const { from, to, of } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last !== undefined && from <= last.to) {
      last.to = Math.max(last.to, to);
      last.of.push(of);
    } else found.push({ from, to, of: [of] });
  }
  return found;
}
