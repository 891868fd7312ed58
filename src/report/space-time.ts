/**
 * A space-time diagram of some moment of a run as SVG: time runs down, each host is a line, each message an arrow from its sending to its
 * handling (Lamport, CACM 21 (1978), 558-565, with time down instead of up). Lost messages end in a cross; facts stand at their host.
 */
import type { Fact } from "../simulator/record/fact.ts";
import type { SentMessage } from "../simulator/record/sent-message.ts";
import { escapeHtml } from "./html.ts";
import { clip, printable, wrap } from "./layout.ts";

export interface SpaceTime {
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly messages: readonly SentMessage[];
  /** Microseconds of measured time. */
  readonly time: { readonly from: number; readonly to: number };
  /** Names of the servers by their number. */
  readonly servers: readonly string[];
}

export interface SpaceTimeDrawing {
  readonly svg: string;
  readonly drawn: number;
  /** Messages of that time for which there is no room: the drawing says so. */
  readonly left: number;
}

/** More arrows than this are a carpet. */
export const ARROWS_MOST = 400;

const LANE = 120;
const LEFT = 90;
const TOP = 70;
const FOOT = 30;
/** Pixels of a line of words, and of a letter at most on the average. */
const SUBTITLE = 13;
const LETTER = 6.2;
/** Height by what happens, so that arrows can be told apart. */
const HEIGHT_LEAST = 420;
const HEIGHT_MOST = 4_000;
const PER_ARROW = 14;
const TICKS = 10;
/** Where on its way the name of a message stands. */
const NAME_AT = 0.32;

const COLOURS = { request: "#0072b2", replication: "#009e73", control: "#8a5a00", fact: "#b3261e", line: "#9aa4ae" } as const;

export function spaceTime({ title, facts, messages, time, servers }: SpaceTime): SpaceTimeDrawing {
  const inTime = messages.filter(({ sentAt, at }) => (at ?? sentAt) >= time.from && sentAt < time.to);
  const shown = [...inTime].sort((a, b) => a.sentAt - b.sentAt).slice(0, ARROWS_MOST);
  const marks = facts.flatMap((fact) => (fact.at >= time.from && fact.at < time.to ? markOf(fact, servers) : []));
  const lanes = lanesOf(shown, marks, servers);
  const height = Math.min(HEIGHT_MOST, Math.max(HEIGHT_LEAST, PER_ARROW * (shown.length + marks.length)));
  const x = (host: string): number => LEFT + LANE * (Math.max(0, lanes.indexOf(host)) + 0.5);
  const y = (at: number): number => TOP + (height * (Math.min(Math.max(at, time.from), time.to) - time.from)) / (time.to - time.from);
  const width = LEFT + LANE * Math.max(1, lanes.length) + 20;
  const left = inTime.length - shown.length;
  const note = left === 0 ? "" : `The first ${shown.length} of ${inTime.length} messages; ask for a shorter time, a shard or a server.`;
  const reading = `Seconds of measured time run down; an arrow is a message from its sending to its handling, a cross a lost one. ${note}`;
  const lines = wrap(reading.trim(), Math.max(20, Math.floor((width - 20) / LETTER)));
  const lowered = SUBTITLE * (lines.length - 1);
  const whole = TOP + lowered + height + FOOT;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${whole}" width="${width}" height="${whole}" font-family="DejaVu Sans, sans-serif" font-size="10" role="img">`,
    `<title>${text(title)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="10" y="20" font-size="13" font-weight="bold">${text(clip(title, Math.floor(width / 8)))}</text>`,
    ...lines.map((line, index) => `<text x="10" y="${36 + SUBTITLE * index}" fill="#5b6570">${text(line)}</text>`),
    `<g transform="translate(0 ${lowered})">`,
    ...lanes.map((host) => lane(host, x(host), height)),
    ...ticks(time, y, width),
    ...shown.map((message) => arrow(message, x, y)),
    ...marks.map((mark) => dot(mark, x(mark.host), y(mark.at))),
    "</g>",
    "</svg>",
    "",
  ];
  return { svg: parts.join("\n"), drawn: shown.length, left };
}

interface Mark {
  readonly host: string;
  readonly at: number;
  readonly words: string;
}

/** What happened at a host, in two words. */
function markOf(fact: Fact, servers: readonly string[]): readonly Mark[] {
  const at = (server: number, words: string): readonly Mark[] => [{ host: servers[server] ?? `server ${server}`, at: fact.at, words }];
  switch (fact.kind) {
    case "process":
      return [{ host: fact.host, at: fact.at, words: `${fact.process} ${fact.change}` }];
    case "suspected":
    case "retracted":
      return at(fact.server, fact.kind);
    case "ready":
      return at(fact.server, `primary of ${fact.shard}, epoch ${fact.epoch}`);
    case "demoted":
      return at(fact.server, `no more primary of ${fact.shard}`);
    case "fenced":
      return at(fact.server, `refused epoch ${fact.stale}`);
    case "election":
      return at(fact.server, `election ${fact.epoch} ${fact.outcome}`);
    case "chosen":
    case "visible":
      return at(fact.server, `${fact.kind} for ${fact.shard}`);
    default:
      return [];
  }
}

/** Clients, then servers in their order, then controllers; only those that do something. */
function lanesOf(messages: readonly SentMessage[], marks: readonly Mark[], servers: readonly string[]): readonly string[] {
  const ends = messages.flatMap(({ from, to }) => [from, to]);
  const named = (kind: string): readonly string[] => ends.filter((end) => end.kind === kind).map(({ host }) => host);
  const known = new Set([...ends.map(({ host }) => host), ...marks.map(({ host }) => host)]);
  const others = marks.map(({ host }) => host);
  return [...new Set([...named("client").toSorted(), ...servers, ...named("controller").toSorted(), ...others])].filter((host) =>
    known.has(host),
  );
}

const lane = (host: string, x: number, height: number): string =>
  `<line x1="${x}" y1="${TOP}" x2="${x}" y2="${TOP + height}" stroke="${COLOURS.line}"/><text x="${x}" y="${TOP - 8}" text-anchor="middle" font-weight="bold">${text(clip(host, 18))}</text>`;

function ticks({ from, to }: SpaceTime["time"], y: (at: number) => number, width: number): readonly string[] {
  return Array.from({ length: TICKS + 1 }, (_, index) => {
    const at = Math.round(from + ((to - from) * index) / TICKS);
    const seconds = (at / 1e6).toFixed(to - from < 100_000 ? 4 : 3);
    return `<line x1="${LEFT - 6}" y1="${round(y(at))}" x2="${width - 10}" y2="${round(y(at))}" stroke="#e3e7eb"/><text x="${LEFT - 10}" y="${round(y(at) + 3)}" text-anchor="end" fill="#5b6570">${seconds} s</text>`;
  });
}

function arrow({ name, from, to, sentAt, at, shard, bytes }: SentMessage, x: (host: string) => number, y: (at: number) => number): string {
  const [x1, y1] = [x(from.host), y(sentAt)];
  const isLost = at === undefined;
  // A lost message is drawn half of its way.
  const [x2, y2] = isLost ? [(x1 + x(to.host)) / 2, y1 + 8] : [x(to.host), y(at)];
  const colour =
    from.kind === "client" || to.kind === "client"
      ? COLOURS.request
      : from.kind === "server" && to.kind === "server"
        ? COLOURS.replication
        : COLOURS.control;
  const title = `${name}, shard ${shard}, ${bytes} bytes, sent ${(sentAt / 1e6).toFixed(6)} s${isLost ? ", lost" : `, handled ${(at / 1e6).toFixed(6)} s`}`;
  // Nearer to the sender: names of arrows that cross in the middle do not stand on each other.
  const middle = [round(x1 + (x2 - x1) * NAME_AT), round(y1 + (y2 - y1) * NAME_AT - 2)];
  const end = isLost ? cross(x2, y2, colour) : head(x1, y1, x2, y2, colour);
  return `<g stroke="${colour}" fill="${colour}"><title>${text(title)}</title><line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>${end}<text x="${middle[0]}" y="${middle[1]}" text-anchor="middle" font-size="8" stroke="none">${text(name)}</text></g>`;
}

/** A triangle at the end of the line, 6 long and as wide. */
function head(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  const length = Math.sqrt((x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1));
  if (length === 0) return `<circle cx="${round(x2)}" cy="${round(y2)}" r="2" fill="${colour}"/>`;
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const corner = (side: number): string => `${round(x2 - 6 * ux - 3 * side * uy)},${round(y2 - 6 * uy + 3 * side * ux)}`;
  return `<polygon points="${round(x2)},${round(y2)} ${corner(1)} ${corner(-1)}" stroke="none"/>`;
}

const cross = (x: number, y: number, colour: string): string =>
  `<path d="M${round(x - 4)} ${round(y - 4)}l8 8m0 -8l-8 8" stroke="${colour}" stroke-width="2" fill="none"/>`;

const dot = ({ words }: Mark, x: number, y: number): string =>
  `<circle cx="${round(x)}" cy="${round(y)}" r="4" fill="${COLOURS.fact}"/><text x="${round(x + 7)}" y="${round(y + 3)}" fill="${COLOURS.fact}" font-weight="bold">${text(words)}</text>`;

/** A tenth of a pixel: more digits would only make the file bigger. */
const round = (number: number): number => Math.round(number * 10) / 10;

const text = (words: string): string => escapeHtml(printable(words));
