import { readFileSync } from 'node:fs'
import { playScenario } from './scenario.mjs'

const expected = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8'))

// Jest runs tests in a realm of its own: the result of `fetch` is not an instance of its Promise.
it('tracks calls in the realm of Jest', async () => {
  expect(fetch('http://127.0.0.1:1/').catch(() => {}) instanceof Promise).toBe(false)
  expect(await playScenario()).toEqual(expected)
})
