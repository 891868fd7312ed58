/** The JSON schema (draft 7) of the scenario format, from the schemas that read it: editors complete and check by it. */
import { z } from "zod";
import { objectivesSchema } from "./schema/buying.ts";
import { clusterSchema } from "./schema/cluster.ts";
import { expectationSchema } from "./schema/expect.ts";
import { knownName } from "./schema/known-name.ts";
import { shapeOf } from "./schema/shape.ts";
import type { JsonShape } from "./schema/shape.ts";
import { commonSchema, strategySchema } from "./schema/strategy.ts";
import type { Registry } from "./schema/strategy.ts";
import { isMap, without } from "./text/data.ts";
import type { Data } from "./text/data.ts";
import { topSchema } from "./schema/top.ts";

export type JsonSchema = Data;

/** The schema that `shardlab schema` prints. Descriptions of all keys are in it: the reference is made from them. */
export function scenarioJsonSchema(registry: Registry, metricNames: readonly string[], invariantNames: readonly string[]): JsonSchema {
  const metric = knownName("metric", metricNames, []);
  const expectation = expectationSchema(metric, knownName("invariant", invariantNames, []));
  const objectives = objectivesSchema(z.string());
  const schema = topSchema({ common: commonSchema(registry), strategy: strategySchema(registry, clusterSchema), expectation, objectives });
  const json = jsonOf(schema);
  const keys = json["properties"] as Readonly<Record<string, JsonSchema>>;
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "shardlab scenario",
    description: "One question, the strategies that are compared on it, and what is expected.",
    ...without(json, "required", "properties"),
    // What a file leaves out may stand in its base; what a strategy leaves out, in `common:`.
    anyOf: [{ required: ["name", "strategies"] }, { required: ["extends"] }],
    properties: { ...keys, common: withoutRequired(keys["common"]), strategies: strategiesJson(keys["strategies"]) },
  };
}

/** A strategy may say nothing: `plain:` alone. */
function strategiesJson(json: JsonSchema | undefined): JsonSchema {
  const { additionalProperties, ...rest } = withoutRequired(json) as JsonSchema;
  return { ...rest, additionalProperties: { ...(additionalProperties as JsonSchema), type: ["object", "null"] } };
}

/** What a schema takes as input. */
function jsonOf(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const shape = shapeOf(zodSchema);
      if (shape !== undefined) Object.assign(jsonSchema, jsonOfShape(shape));
      // zod leaves out the default of a field that is read by a function.
      const { def } = zodSchema._zod;
      if (def.type === "default" && typeof def.defaultValue !== "object") jsonSchema.default ??= def.defaultValue;
      // Bounds of exact integers: true, and noise to a reader.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return without(json, "$schema");
}

function jsonOfShape({ words = [], one, beside = {}, schemas = [] }: JsonShape): JsonSchema {
  const forms: JsonSchema[] = [];
  if (words.length > 0) forms.push({ type: "string", enum: words });
  if (one !== undefined) {
    const named = Object.entries(one).map(
      ([name, { schema, about }]) => [name, { description: about, ...without(jsonOf(schema), "description") }] as const,
    );
    const others = Object.entries(beside).map(([name, schema]) => [name, jsonOf(schema)] as const);
    // One name, and whatever may stand beside it.
    forms.push({
      type: "object",
      properties: Object.fromEntries([...named, ...others]),
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1 + others.length,
    });
  }
  forms.push(...schemas.map(jsonOf));
  const [only] = forms;
  return forms.length === 1 && only !== undefined ? only : { anyOf: forms };
}

/** `json` with no key required anywhere below. */
function withoutRequired(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withoutRequired);
  if (!isMap(json)) return json;
  return Object.fromEntries(
    Object.entries(json).flatMap(([key, value]) => (key === "required" && Array.isArray(value) ? [] : [[key, withoutRequired(value)]])),
  );
}
