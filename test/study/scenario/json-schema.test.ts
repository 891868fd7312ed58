import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { scenarioJsonSchema } from "../../../src/study/scenario/json-schema.ts";
import { starterScenario } from "../../../src/study/scenario/starter.ts";
import { invariants, metrics, registry } from "./fake-registry.ts";

type Json = Readonly<Record<string, unknown>>;
const schema = scenarioJsonSchema(registry, Object.keys(metrics), invariants);
/** The schema as another reader of JSON schema understands it. */
const accepts = (given: string): boolean => z.fromJSONSchema(schema).safeParse(parse(given)).success;
const data = (path: string): string => readFileSync(new URL(`../../data/scenarios/${path}.yaml`, import.meta.url), "utf8");

/** Every key below `json` with its schema and path. Options of parts are the parts' own. */
function keysOf(json: unknown, path: string): readonly (readonly [path: string, schema: Json])[] {
  if (Array.isArray(json)) return json.flatMap((item, index) => keysOf(item, `${path}<${index}>`));
  if (typeof json !== "object" || json === null) return [];
  const { properties, ...rest } = json as { readonly properties?: Json };
  const own = Object.entries(properties ?? {}).flatMap(([key, inner]) => [
    [`${path}.${key}`, inner as Json] as const,
    ...keysOf(inner, `${path}.${key}`),
  ]);
  return [...own, ...Object.entries(rest).flatMap(([key, inner]) => keysOf(inner, `${path}/${key}`))];
}

describe("the JSON schema", () => {
  it("is of draft 7 and says what it is", () => {
    expect(schema).toMatchObject({ $schema: "http://json-schema.org/draft-07/schema#", title: "shardlab scenario" });
  });

  it("describes every key of the format", () => {
    const bare = keysOf(schema, "").filter(
      ([path, json]) =>
        typeof json["description"] !== "string" && !/\.(?:ship|every|virtualNodes|operatorDelay|heartbeat|misses)$/u.test(path),
    );
    expect(bare.map(([path]) => path)).toEqual([]);
  });

  it("asks for a name and strategies, or for a base that has them", () => {
    expect(schema).toMatchObject({ anyOf: [{ required: ["name", "strategies"] }, { required: ["extends"] }] });
  });

  it("has every key that the reader knows, and completes names of parts, metrics and invariants", () => {
    const text = JSON.stringify(schema);
    for (const word of [
      "virtualNodes",
      "synchronous",
      "recovery.time",
      "one-primary-per-epoch",
      "ycsb-a",
      "hotSet",
      "oneWay",
      "primaries",
      "knownFailure",
      "retransmission",
    ])
      expect(text).toContain(`"${word}"`);
    for (const word of ["sweep", "fidelity", "raft"]) expect(text).not.toContain(`"${word}"`);
  });

  it("has no bounds that only repeat what a number can be", () => expect(JSON.stringify(schema)).not.toContain("900719925"));

  it.each(["valid/primary-crash", "valid/every-key"])("accepts what the reader accepts: %s", (path) =>
    expect(accepts(data(path))).toBe(true),
  );
  it("accepts the starter", () => expect(accepts(starterScenario("mine"))).toBe(true));
  it("accepts options that common: completes, and files that a base completes", () => {
    expect(
      accepts(
        "name: a\ncommon: { failover: { manual: { operatorDelay: 1s } } }\nstrategies: { a: { failover: { manual: { misses: 2 } } } }",
      ),
    ).toBe(true);
    expect(accepts("extends: ./base.yaml\nseed: 3")).toBe(true);
  });
  it.each(["unknown-keys", "misspelt-parts", "wrong-types", "wrong-units", "contradicting-parts", "not-built-sections"])(
    "refuses what the reader refuses: %s",
    (path) => {
      expect(accepts(data(`malformed/${path}`))).toBe(false);
    },
  );
});
