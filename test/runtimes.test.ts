import { expect, it, onTestFinished } from 'vitest'
import { playScenario } from './runtimes/scenario.ts'
import { startServers } from './runtimes/servers.ts'

// `pnpm run runtimes` has other runtimes play it, too.
it('the adapter does in this runtime what it does in all others', async () => {
  const servers = await startServers()
  onTestFinished(() => servers.close())
  const outcome = await playScenario(servers.plan)
  expect(JSON.parse(JSON.stringify(outcome))).toEqual(outcome)
  await servers.verify(outcome)
})
