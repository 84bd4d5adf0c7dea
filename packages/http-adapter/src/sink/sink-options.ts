import { CallsheetError } from '@callsheet/core'
import type { Change } from '@callsheet/core/provider'
import { collectorUrl } from '../platform/collector-url.ts'
import { gzip as zip } from './gzip.ts'
import { type HostPage, thisPage } from '../platform/page-events.ts'
import type { QueueStorage } from './queue-storage.ts'
import { type GivenHeaders, type Platform, platformOf } from '../platform/platform.ts'

/** Options of `httpSink`. */
export interface HttpSinkOptions extends Partial<Platform> {
  /** The collector's address: records are posted to `{url}/tasks`. Relative to the page, where there is one. */
  readonly url: string | URL
  /**
   * Headers of every request, or a function that is called for each. For another origin, custom headers trigger a CORS
   * preflight, for which a page that ends may have no time.
   *
   * @default none
   */
  readonly headers?: GivenHeaders
  /** Origins of the changes to send. @default ['local'], the changes that this tracker wrote itself */
  readonly origins?: readonly Change['origin'][]
  /** Keeps the queue over a reload, a crash, or a long time offline. @default memory alone */
  readonly storage?: QueueStorage
  /** Maximum records in the queue. @default 1,000; with a storage 10,000 */
  readonly maxRecords?: number
  /**
   * Maximum bytes of JSON in the queue, checked after each request, and each `delay` while none can be made.
   *
   * @default 1 MiB; with a storage 5 MiB
   */
  readonly maxBytes?: number
  /** Milliseconds between a change and its request; 500 changes are sent at once. @default 1,000 */
  readonly delay?: number
  /** Time limit of a request and the body of its response, in ms. @default 10,000 */
  readonly timeout?: number
  /**
   * Compresses texts above 2 KiB; null for none. In Node, level 1 of zlib costs less CPU and more bytes.
   *
   * @default CompressionStream, if it exists
   */
  readonly gzip?: ((text: string) => Promise<BufferSource>) | null | undefined
  /** The page to watch; null for none. @default the current page */
  readonly page?: HostPage | null
}

/** Bounds of a queue in memory alone. */
export const inMemory = { tasks: 1_000, bytes: 1_048_576 }

/** All options, checked. Throws a CallsheetError that names the invalid one. */
export function readOptions({
  url,
  headers,
  origins = ['local'],
  storage,
  maxRecords = storage ? 10_000 : inMemory.tasks,
  maxBytes = storage ? 5_242_880 : inMemory.bytes,
  delay = 1_000,
  timeout = 10_000,
  gzip = globalThis.CompressionStream && zip,
  page = thisPage(),
  ...platform
}: HttpSinkOptions) {
  for (const [name, value] of Object.entries({ maxRecords, maxBytes, delay, timeout })) {
    if (value >= 0) continue
    const message = `Invalid "${name}" of httpSink: expected a number from 0 to Infinity, got ${String(value)}.`
    throw new CallsheetError(message, { code: 'invalid_option' })
  }
  const host = {
    ...platformOf(platform),
    url: `${collectorUrl(url, 'httpSink')}/tasks`,
    headers,
    gzip,
    timeout,
  }
  return { host, origins, storage, most: { tasks: maxRecords, bytes: maxBytes }, delay, page }
}
