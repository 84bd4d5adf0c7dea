// What the tests of google share: clients, and what is made of them.
import { GoogleGenAI } from '@google/genai'
import { expect } from 'vitest'
import { google, type GoogleOptions } from '../providers/google.ts'
import type { Fetch } from '../route/request.ts'
import { providerTests } from './provider-tests.ts'
import {
  accessToken,
  apiKey,
  type GoogleScript,
  type GoogleServer,
  startGoogleServer,
} from './servers/google-server.ts'
import { until } from './until.ts'

export type Use = (client: GoogleGenAI, server: GoogleServer) => Promise<unknown>

export const prompt = 'Ada walks through the rain'
export const headers = { 'x-goog-api-key': apiKey }

export const clientOf = (fetch: Fetch) => new GoogleGenAI({ apiKey, httpOptions: { fetch } })

/** A client of Vertex AI with a token in place of Google's own search for one. */
export const vertexOf = (fetch: Fetch) =>
  new GoogleGenAI({
    vertexai: true,
    project: 'shows',
    location: 'us-central1',
    googleAuthOptions: {
      authClient: {
        getRequestHeaders: async () => new Headers({ authorization: `Bearer ${accessToken}` }),
      } as never,
    },
    httpOptions: { fetch },
  })

interface Given extends GoogleOptions {
  readonly script?: GoogleScript
}

const paid = ['content', 'stream', 'predict', 'videos', 'interactions'] as const

const particulars = {
  start: ({ script = {} }: Given) => startGoogleServer(script),
  provider: (given: Given) => google({ interval: 60_000, ...given }),
  paid: (server: GoogleServer) =>
    Object.fromEntries(paid.map((endpoint) => [endpoint, server.count(endpoint)])),
}

/** The Gemini API. */
export const { setUp, compare } = providerTests({ ...particulars, clientOf })
/** Vertex AI. */
export const vertex = providerTests({ ...particulars, clientOf: vertexOf })

/** The server has been asked for it so often. */
export const asked = (server: GoogleServer, endpoint: string, times = 1) =>
  until(() => expect(server.count(endpoint)).toBeGreaterThanOrEqual(times))
