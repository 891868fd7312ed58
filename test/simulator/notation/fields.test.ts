import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  bandwidthField,
  countField,
  distributionField,
  durationField,
  numberField,
  rateField,
  shareField,
  sizeField,
} from "../../../src/simulator/notation/fields.ts";

const schema = z.strictObject({
  every: durationField().prefault("1s").describe("Pause between pings."),
  timeout: durationField({ min: 1, max: 60_000_000 }).optional(),
  rate: rateField().optional(),
  row: sizeField({ min: 1 }).optional(),
  link: bandwidthField().optional(),
  share: shareField().optional(),
  shards: countField({ min: 1, max: 1_000 }).optional(),
  exponent: numberField({ min: 0 }).optional(),
  service: distributionField("duration", { min: 1 }).optional(),
  value: distributionField("size").optional(),
  drift: distributionField("number").optional(),
});

describe("fields", () => {
  it("take text and numbers and give resolved values", () => {
    expect(
      schema.parse({
        timeout: "150ms",
        rate: "4k/s",
        row: "1KB",
        link: "1Gbps",
        share: 0.3,
        shards: "1_000",
        exponent: "0.99",
        service: "exp(2ms)",
        value: "1KB",
        drift: 20,
      }),
    ).toEqual({
      every: 1_000_000,
      timeout: 150_000,
      rate: 4_000,
      row: 1_000,
      link: 1.25e8,
      share: 0.3,
      shards: 1_000,
      exponent: 0.99,
      service: { kind: "exponential", mean: 2_000 },
      value: { kind: "constant", value: 1_000 },
      drift: { kind: "constant", value: 20 },
    });
  });

  it("report every fault at once, each with fault, mend and offset", () => {
    const wrong = {
      every: 5,
      timeout: "2m",
      rate: "fast",
      row: "0B",
      link: "5",
      share: "130%",
      shards: 1_001,
      exponent: -1,
      service: "0ms",
      value: "uniform(1KB, 2KB)",
      drift: "1ms",
    };
    const issues = schema.safeParse(wrong).error!.issues;
    expect(issues.map((issue) => [issue.path[0], issue.code, (issue as { params?: unknown }).params])).toEqual([
      ["every", "custom", { fault: '"5" has no unit', mend: "write 5s or 5ms, say", offset: 0 }],
      ["timeout", "custom", { fault: "2m is more than 1m", mend: "write 1m or less", offset: 0 }],
      ["rate", "custom", { fault: '"fast" is not a rate', mend: "write a number per unit of time, such as 4000/s or 100/min", offset: 0 }],
      ["row", "custom", { fault: "0B is less than 1B", mend: "write 1B or more", offset: 0 }],
      [
        "link",
        "custom",
        { fault: '"5" is not a bandwidth', mend: "write a size per unit of time or bits per second, such as 50MB/s or 1Gbps", offset: 1 },
      ],
      ["share", "custom", { fault: '"130%" is more than the whole', mend: "write 100% or less", offset: 0 }],
      ["shards", "custom", { fault: "1001 is more than 1000", mend: "write 1000 or less", offset: 0 }],
      ["exponent", "custom", { fault: "-1 is less than 0", mend: "write 0 or more", offset: 0 }],
      ["service", "custom", { fault: "it is never 1us or more", mend: "write a distribution of 1us or more", offset: 0 }],
      ["value", "custom", { fault: "a comma inside a distribution", mend: "separate with spaces", offset: 11 }],
      ["drift", "custom", { fault: '"1ms" is not a number', mend: "write a number, such as 20, 1_000 or 5k", offset: 1 }],
    ]);
    for (const issue of issues) expect(issue.message).toContain("; ");
  });

  it("refuse what is neither text nor number without a crash", () => {
    for (const wrong of [true, [], {}, undefined])
      expect(z.strictObject({ a: durationField() }).safeParse({ a: wrong }).success).toBe(false);
    expect(z.strictObject({ a: countField() }).safeParse({}).success).toBe(false);
  });

  it("become a JSON schema of the notation whose patterns take the examples and refuse the unitless", () => {
    const json = z.toJSONSchema(schema, { io: "input", target: "draft-7" }) as {
      properties: Record<
        string,
        { description?: string; default?: unknown; examples?: unknown[]; anyOf: { type: string; pattern?: string }[] }
      >;
    };
    expect(json.properties["every"]).toMatchObject({ description: "Pause between pings.", default: "1s" });
    for (const [name, property] of Object.entries(json.properties)) {
      const pattern = new RegExp(property.anyOf.find((part) => part.type === "string")!.pattern!);
      const examples = (property.examples ?? []).filter((example) => typeof example === "string");
      for (const example of examples) expect([name, example, pattern.test(example)]).toEqual([name, example, true]);
      for (const example of property.examples ?? [])
        expect([name, schema.shape[name as "rate"].safeParse(example).success]).toEqual([name, true]);
      expect(property.description?.length).toBeGreaterThan(10);
    }
    expect(new RegExp(json.properties["timeout"]!.anyOf[0]!.pattern!).test("30")).toBe(false);
  });
});
