import { Agent, request } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Sender } from './sender.ts'

const zip = promisify(gzip)
const size = 500

/** Batches of 500, one at a time. What fails is lost. */
const byHand = (name: string, post: (url: string, text: string) => Promise<unknown>): Sender => ({
  name,
  start(url, { events }) {
    const full: unknown[][] = []
    let batch: unknown[] = []
    let running: Promise<void> | undefined

    async function run(): Promise<void> {
      for (let tasks = full.shift(); tasks; tasks = full.shift()) {
        await post(url, JSON.stringify({ v: 1, tasks })).catch(() => {})
      }
      running = undefined
    }

    return {
      write(index) {
        batch.push(events[index])
        if (batch.length < size) return
        full.push(batch)
        batch = []
        running ??= run()
      },
      async end() {
        if (batch.length > 0) full.push(batch)
        await running
        await run()
        return undefined
      },
    }
  },
})

const agent = new Agent({ keepAlive: true })
const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }

async function postByHttp(url: string, text: string): Promise<void> {
  const body = await zip(text, { level: 1 })
  await new Promise<void>((resolve, reject) => {
    const options = { agent, method: 'POST', headers: { ...headers, 'content-length': body.length } }
    const sent = request(url, options, (response) => response.resume().on('end', resolve))
    sent.on('error', reject).end(body)
  })
}

async function postByFetch(url: string, text: string): Promise<void> {
  const body = await zip(text, { level: 6 })
  const response = await fetch(url, { method: 'POST', headers, body })
  await response.text()
}

export const byHttp = byHand('by hand: node:http, gzip 1', postByHttp)

/** The limit that all are compared with. */
export const byFetch = byHand('by hand: fetch, gzip 6', postByFetch)
