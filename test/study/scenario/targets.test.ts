import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Target } from "../../../src/simulator/faults/fault.ts";
import { TARGET_FORMS, parseLocation, parseTarget, targetText } from "../../../src/study/scenario/targets.ts";

const targetOf = (text: string): Target => {
  const parsed = parseTarget(text);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.target;
};

describe("targets", () => {
  it.each<[string, Target]>([
    ["primary of shard 0", { kind: "primaryOf", shard: 0 }],
    ["standby 2 of shard 7", { kind: "standbyOf", ordinal: 2, shard: 7 }],
    ["standbys of shard 3", { kind: "standbysOf", shard: 3 }],
    ["primaries", { kind: "primaries" }],
    ["server 7", { kind: "server", server: 7 }],
    ["process database on server 7", { kind: "process", process: "database", server: 7 }],
    ["zone b", { kind: "location", location: "zone", name: "b" }],
    ["rack r2", { kind: "location", location: "rack", name: "r2" }],
    ["region us-east-1", { kind: "location", location: "region", name: "us-east-1" }],
    ["random 2 servers", { kind: "randomServers", count: 2 }],
    ["random 1 server", { kind: "randomServers", count: 1 }],
    ["monitors", { kind: "role", role: "monitor", which: "all" }],
    ["monitor 1", { kind: "role", role: "monitor", which: 1 }],
    ["metadata", { kind: "role", role: "metadata", which: "all" }],
    ["metadata 1", { kind: "role", role: "metadata", which: 1 }],
    ["leader of metadata", { kind: "role", role: "metadata", which: "leader" }],
    ["clients web", { kind: "clients", group: "web", zone: undefined }],
    ["clients web in zone a", { kind: "clients", group: "web", zone: "a" }],
  ])("%s is read as written", (text, target) => expect(targetOf(text)).toEqual(target));

  it("are written back as they were read, whatever the spacing", () => {
    const number = fc.nat(99).map(String);
    const name = fc.constantFrom("a", "web", "eu-west", "r_2", "of", "zone");
    const text = fc
      .constantFrom(...TARGET_FORMS)
      .chain((form) => fc.tuple(...form.split(" ").map((word) => (word === "N" ? number : word === "NAME" ? name : fc.constant(word)))));
    fc.assert(
      fc.property(text, fc.constantFrom(" ", "  ", "\t"), (words, space) => {
        const written = targetText(targetOf(words.join(space)));
        expect(written).toBe(
          words
            .join(" ")
            .replace(/ server$/u, " servers")
            .replace(/^(?!random)(.*) servers$/u, "$1 server"),
        );
        expect(targetOf(written)).toEqual(targetOf(words.join(" ")));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it("that are none are refused with the place of the first word that does not fit", () => {
    expect(parseTarget("standby 1 of  sahrd 0")).toMatchObject({ ok: false, offset: 14, fault: '"sahrd" where "shard" is expected' });
    expect(parseTarget("server 1 2")).toMatchObject({ ok: false, offset: 9, fault: '"2" is too much here' });
    expect(parseTarget("")).toMatchObject({ ok: false });
    expect(parseTarget("leader of shard 1")).toMatchObject({ ok: false, fault: 'the target "leader of shard 1" is not built yet' });
  });
});

describe("locations", () => {
  it("are a kind and a name", () => expect(parseLocation(" zone  eu-a ")).toEqual({ ok: true, location: { kind: "zone", name: "eu-a" } }));
  it.each(["zone", "eu", "zone a b", "server 1", ""])("%j is none", (text) => expect(parseLocation(text).ok).toBe(false));
});
