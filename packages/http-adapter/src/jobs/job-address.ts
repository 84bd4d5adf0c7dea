import { CallsheetError, type Job } from '@callsheet/core'
import { nowhere, type RouteKey } from '../route/match.ts'
import { type RouteRequest, urlOf } from '../route/request.ts'

/** Where the status of jobs is asked for. */
export interface JobAddress {
  /** Of a job that a call has begun. Undefined where the answer names none. */
  readonly begun: (id: string, body: unknown, request: RouteRequest) => string | undefined
  /** Of a job in a record, which may come from anywhere, while credentials go there: throws for a foreign one. */
  readonly of: (job: Job) => string
  /** Fills another template, such as that of a cancel, for a job in a record. */
  readonly fill: (template: string, job: Job) => string
  /** The key of calls that ask; undefined where no key can name them, but `idIn` knows them. */
  readonly key: RouteKey | undefined
  /** The id of the job that a call asks about. */
  readonly idIn: (request: Pick<RouteRequest, 'url' | 'params'>) => string | undefined
}

// As in keys, a `:` after a word is literal: `/models/:model:fetch`.
const names = /(?<!\w):([a-z]\w*)/gi
const signs = /[.*+?^${}()|[\]\\]/g

const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replaceAll(names, (whole, name: string) =>
    Object.hasOwn(values, name) ? segmentOf(values[name]!) : whole,
  )

/**
 * An id as one segment of a path. Ids come out of records too, and a request must not climb with them to another path.
 */
export function segmentOf(id: string): string {
  if (id !== '' && !/^\.\.?$/.test(id)) return encodeURIComponent(id)
  throw refusal(`Invalid job id "${id}"`)
}

/** Polls again would be refused again. */
const refusal = (message: string) => Object.assign(new Error(message), { retryable: false })

/** An address with `:id`, and with parameters of the call that begins the job: `/v1/videos/:kind/:id`. */
export function addressByTemplate(method: string, template: string): JobAddress {
  const part = (_whole: string, name: string) => `(?<${name}>[^/?&#]+)`
  const pattern = new RegExp(`^${template.replaceAll(signs, '\\$&').replaceAll(names, part)}$`)
  const valuesOf = ({ id, url = '' }: Job) => {
    const found = Object.entries(pattern.exec(url)?.groups ?? {})
    return { ...Object.fromEntries(found.map(([name, value]) => [name, decodeURIComponent(value)])), id }
  }
  const [path = '', query = ''] = template.split('?')
  const field = [...new URLSearchParams(query)].find(([, value]) => value === ':id')?.[0]
  return {
    begun: (id, _body, { params }) => fill(template, { ...params, id }),
    of(job) {
      const address = fill(template, valuesOf(job))
      if (address.search(names) >= 0) throw refusal(`"${job.url}" is not an address of ${template}`)
      return address
    },
    fill: (other, job) => fill(other, valuesOf(job)),
    key: `${method} ${path}` as RouteKey,
    idIn: ({ params, url }) =>
      (field === undefined
        ? (params as Readonly<Record<string, string>>)['id']
        : url.searchParams.get(field)) ?? undefined,
  }
}

/** An address that the answer to the start gives. */
export interface AddressInAnswer {
  /** The field with the address: `polling_url`, or `urls.get`. */
  readonly from: string
  /**
   * Origins besides that of the call, to which polls and their credentials may go: `https://*.example.com`. An address
   * elsewhere is not polled, and the task becomes `interrupted`.
   *
   * @default []
   */
  readonly origins?: readonly string[]
}

const mostKnown = 1_000

/** @param starts Addresses of the calls that begin jobs. */
export function addressFromAnswer(
  { from, origins = [] }: AddressInAnswer,
  starts: readonly string[],
): JobAddress {
  const patterns = origins.map((origin) =>
    origin.replace(/\/+$/, '').replaceAll(signs, '\\$&').replaceAll('\\*', '[\\w.-]+'),
  )
  const trusted = new RegExp(`^(?:${patterns.join('|')})$`)
  const own = new Set(starts.map((start) => urlOf([start])?.origin))
  /** By address, the ids of jobs. */
  const known = new Map<string, string>()
  const note = (address: string, id: string) => {
    if (known.size >= mostKnown) known.delete([...known.keys()][0]!)
    known.set(address, id)
    return address
  }
  return {
    begun(id, body, { url }) {
      const given = fieldAt(body, from)
      if (given === undefined) return undefined
      const { href } = new URL(given, url)
      return note(href, id).replace(nowhere, '')
    },
    of({ id, url }) {
      const address = url === undefined ? undefined : urlOf([url])
      if (!address) throw refusal(`the answer that began job "${id}" has no address in "${from}"`)
      const { origin, href } = address
      if (own.has(origin) || trusted.test(origin)) return note(href, id).replace(nowhere, '')
      throw refusal(`its status is at ${origin}, which is not an origin of "start" or in "origins"`)
    },
    fill: (other, { id }) => fill(other, { id }),
    key: undefined,
    idIn: ({ url }) => known.get(url.href),
  }
}

/** A text at a path of fields: `urls.get`. */
export function fieldAt(body: unknown, path: string): string | undefined {
  const found = path.split('.').reduce<unknown>((part, name) => Object(part)[name], body)
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** Throws for a template with a name that nothing fills. */
export function checkNames(option: string, template: string, starts: readonly string[]): void {
  for (const [named, name] of template.matchAll(names)) {
    if (name === 'id' || starts.every((start) => start.match(names)?.includes(named))) continue
    throw new CallsheetError(
      `Invalid "${option}" of jsonJob: expected ":id" and parameters of "start", got "${named}" in "${template}".`,
      { code: 'invalid_option' },
    )
  }
}
