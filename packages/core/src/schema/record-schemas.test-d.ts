import { describe, expectTypeOf, it } from 'vitest'
import type * as z from 'zod/mini'
import type { Json, JsonObject } from '../records/json.ts'
import type {
  Character,
  DurationsRecord,
  Facts,
  ShowRecord,
  TaskRecord,
  Tombstone,
} from '../records/record-types.ts'
import type {
  charactersSchema,
  durationsSchema,
  factsSchema,
  showSchema,
  taskSchema,
  tombstoneSchema,
} from './record-schemas.ts'

/** What a schema infers, of which nothing may be changed. */
type Frozen<T> = T extends Json | JsonObject
  ? T extends string | number | boolean | null
    ? T
    : JsonObject extends T
      ? T
      : { readonly [K in keyof T]: Frozen<T[K]> }
  : { readonly [K in keyof T]: Frozen<T[K]> }

describe('the types of records', () => {
  it('are what the schemas accept', () => {
    expectTypeOf<TaskRecord>().toEqualTypeOf<Frozen<z.infer<typeof taskSchema>>>()
    expectTypeOf<Tombstone>().toEqualTypeOf<Frozen<z.infer<typeof tombstoneSchema>>>()
    expectTypeOf<ShowRecord>().toEqualTypeOf<Frozen<z.infer<typeof showSchema>>>()
    expectTypeOf<readonly Character[]>().toEqualTypeOf<Frozen<z.infer<typeof charactersSchema>>>()
    expectTypeOf<Facts>().toEqualTypeOf<Frozen<z.infer<typeof factsSchema>>>()
    expectTypeOf<DurationsRecord>().toEqualTypeOf<Frozen<z.infer<typeof durationsSchema>>>()
  })
})
