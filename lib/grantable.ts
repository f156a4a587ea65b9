/**
 * A path out of the environment that a task's command may grant.
 *
 * A list of permissions is split at commas, which nothing escapes, and the shell of `deno task` makes one space of all
 * white space that a program prints. Either would grant a path that nobody asked for.
 *
 * @module
 */

/**
 * The value of a variable, where a permission can hold it as it is, else another path.
 *
 * @param value of the variable, where it is set
 * @param other what is granted in its place where it is not set, is empty, or cannot be held
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(grantable("/data/mirror", "."), "/data/mirror");
 * assert.equal(grantable("/data,all", "."), ".");
 * assert.equal(grantable(undefined, "."), ".");
 * ```
 */
export function grantable(value: string | undefined, other: string): string {
  return value && isHeld(value) ? value : other;
}

/**
 * Whether a permission can hold a path as it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(isHeld("/data/my mirror") && !isHeld("/data/my,mirror") && !isHeld("/data/my  mirror"));
 * ```
 */
export function isHeld(path: string): boolean {
  return !path.includes(",") && path === path.trim().replaceAll(/\s+/g, " ");
}

if (import.meta.main) {
  const [name, other] = Deno.args;
  console.log(grantable(Deno.env.get(name), other));
}
