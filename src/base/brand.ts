/** Nominal types: a value of type `Brand<number, "ShardId">` is a number that only its constructor makes. No behaviour. */

declare const brand: unique symbol;

/**
 * `Base` marked with `Name`, so that two kinds of one representation cannot be mixed by accident. Marks add up: a value may
 * carry two brands (every server is a host).
 */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: { readonly [Key in Name]: true } };
