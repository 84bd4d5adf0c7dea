/** A value that JSON can carry. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject

/** An object that JSON can carry. */
export interface JsonObject {
  readonly [key: string]: Json
}

/** JSON with sorted keys: equal values give equal text, so two bodies of one version can be ordered. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => {
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part
    const sorted: Record<string, unknown> = Object.create(null) as Record<string, unknown>
    for (const key of Object.keys(part).toSorted()) sorted[key] = (part as Record<string, unknown>)[key]
    return sorted
  })

/** Metadata of whichever step: what is made for it fits all of them, which no other type does in both directions. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyMetadata = any
