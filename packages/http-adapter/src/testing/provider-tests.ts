import { expect, onTestFinished } from 'vitest'
import type { Provider } from '../jobs/provider.ts'
import type { Fetch } from '../route/request.ts'
import type { LocalServer } from './servers/local-server.ts'
import { endOf, openPage } from './open-page.ts'

/** What is particular to the tests of one provider; `Given` is what one of them may ask for. */
export interface Particulars<Server, Client, Given> {
  readonly start: (given: Given) => Promise<Server>
  readonly provider: (given: Given) => Provider
  readonly clientOf: (fetch: Fetch) => Client
  /** What has been paid for at a server. */
  readonly paid: (server: Server) => unknown
}

interface Faulty<Server> {
  /** Says what goes wrong, before the first request. */
  readonly faults?: (server: Server) => void
}

/** How the tests of a provider begin: with a server and a client at a page, or with such a client beside a bare one. */
export function providerTests<Server extends LocalServer, Client, Given extends object>(
  particulars: Particulars<Server, Client, Given>,
) {
  type All = Partial<Given> & Faulty<Server>
  const { start, provider, clientOf, paid } = particulars

  async function serve(given: All): Promise<Server> {
    const server = await start(given as Given)
    onTestFinished(server.close)
    given.faults?.(server)
    return server
  }

  async function setUp(given: All = {}) {
    const server = await serve(given)
    const tracked = provider(given as Given)
    const page = openPage(server.fetch, tracked)
    return { server, page, provider: tracked, client: clientOf(page.fetch) }
  }

  /** The same use by a client of its own and by one with a tracked fetch: it has to end alike, and to pay alike. */
  async function compare(use: (client: Client, server: Server) => Promise<unknown>, given: All = {}) {
    const bare = await serve(given)
    const expected = await endOf(use(clientOf(bare.fetch), bare))
    const { server, page, client } = await setUp(given)
    expect(await endOf(use(client, server))).toEqual(expected)
    expect(paid(server)).toEqual(paid(bare))
    return { server, page, bare, expected }
  }

  return { setUp, compare }
}
