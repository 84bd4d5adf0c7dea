import type { Sender } from './sender.ts'

/** A request for each event, 64 of them at a time. What fails is lost. */
export const fetchEach: Sender = {
  name: 'one fetch per event',
  share: 0.05,
  start(url, { events }) {
    const waiting: number[] = []
    const running = new Set<Promise<void>>()

    async function run(): Promise<void> {
      for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
        const body = JSON.stringify(events[index])
        const headers = { 'content-type': 'application/json' }
        await fetch(url, { method: 'POST', headers, body }).then(
          (response) => response.text(),
          () => {},
        )
      }
    }

    return {
      write(index) {
        waiting.push(index)
        if (running.size >= 64) return
        const one = run().finally(() => running.delete(one))
        running.add(one)
      },
      async end() {
        await Promise.all(running)
        return undefined
      },
    }
  },
}
