import type { Change } from '@callsheet/core'
import { collectorUrl } from '../world/collector-url.ts'
import { gzip as zip } from './gzip.ts'
import { type HostPage, thisPage } from '../world/page.ts'
import type { QueueStorage } from './queue-storage.ts'
import { type GivenHeaders, type World, worldOf } from '../world/world.ts'

/** How an HTTP sink is made. */
export interface HttpSinkOptions extends Partial<World> {
  /** The collector's address: records are posted to `{url}/tasks`. Relative to the page, where there is one. */
  readonly url: string | URL
  /**
   * Sent with every request; a function is asked for them each time. A header of your own makes a browser ask another
   * origin for leave first (CORS), which a page that is ending may have no time for.
   */
  readonly headers?: GivenHeaders
  /** Whose changes are sent. Default `['local']`: what this tracker wrote itself, for others send theirs. */
  readonly origins?: readonly Change['origin'][]
  /** Where the queue survives a reload, a crash, or a long time offline. Default: memory alone. */
  readonly storage?: QueueStorage
  /** How many records may wait. Default 1,000; with a storage 10,000. */
  readonly maxRecords?: number
  /**
   * How many bytes of JSON may wait. Default 1 MiB; with a storage 5 MiB. Kept to when a request has ended, and each
   * `delay` while none can be made; in between, the bound in records holds.
   */
  readonly maxBytes?: number
  /** How long changes gather before they are sent, in ms; 500 of them go at once. Default 1,000. */
  readonly delay?: number
  /** How long a request may take, its answer's body included, in ms. Default 10,000. */
  readonly timeout?: number
  /**
   * Makes gzip of a text above 2 KiB; null for none. Default: CompressionStream, where there is one. In Node, zlib's
   * level 1 costs less CPU, and more bytes.
   */
  readonly gzip?: ((text: string) => Promise<BufferSource>) | null | undefined
  /** The page whose end and return are watched; null for none. Default: the page around. */
  readonly page?: HostPage | null
}

/** What may wait while nothing is kept beyond memory. */
export const inMemory = { tasks: 1_000, bytes: 1_048_576 }

/** All options, checked. Throws a TypeError that names the one that cannot be. */
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
  ...world
}: HttpSinkOptions) {
  for (const [name, value] of Object.entries({ maxRecords, maxBytes, delay, timeout })) {
    if (!(value >= 0)) throw new TypeError(`httpSink: ${name} is "${String(value)}"; give a number from 0.`)
  }
  const host = {
    ...worldOf(world),
    url: `${collectorUrl(url, 'httpSink')}/tasks`,
    headers,
    gzip,
    timeout,
  }
  return { host, origins, storage, most: { tasks: maxRecords, bytes: maxBytes }, delay, page }
}
