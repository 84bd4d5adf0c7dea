import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import * as z from 'zod'
import { fault } from './show-record.ts'

const id = z
  .string()
  .min(1)
  .max(256)
  // Half a character has no bytes of its own, so two such ids would share a folder.
  .regex(/^\P{Surrogate}*$/u, 'holds half a surrogate pair')
const speed = z.number().min(0.1).max(1000)
const faults = z.array(fault).max(100)

export const orderBody = z.object({
  showId: id,
  prompt: z.string().trim().min(1).max(20_000),
  speed: speed.optional(),
  characters: z.int().min(1).max(8).optional(),
  faults: faults.optional(),
})
export const showBody = z.object({ showId: id })
export const characterBody = z.object({ showId: id, characterId: id })
export const controlsBody = z.object({ speed: speed.optional(), faults: faults.optional() })

/** A response that is not ok, to be thrown. */
export const refusal = (
  status: ContentfulStatusCode,
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): HTTPException => new HTTPException(status, { res: Response.json(body, { status, headers }) })

export const notReady = (details: string) => refusal(409, { error: 'Not ready', details })

const badInput = (details: string) => refusal(400, { error: 'Bad input', details })

/** Returns the valid body, or throws with the invalid field and the reason. */
export async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const body: unknown = await c.req.json().catch((error: unknown) => {
    throw error instanceof SyntaxError ? badInput('The body is not JSON.') : error
  })
  const { data, error } = schema.safeParse(body)
  if (!error) return data
  throw badInput(
    error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; '),
  )
}
