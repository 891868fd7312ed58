/** shardlab's version: part of every run's key, since a new version may model things otherwise. A test holds it to package.json. */
export const VERSION = "0.1.0";
