/** Nominal types: a value of type `Brand<number, "ShardId">` is a number that only its constructor makes. No behaviour. */

declare const brand: unique symbol;

/** `Base` marked with `Name`, so that two kinds of one representation cannot be mixed by accident. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
