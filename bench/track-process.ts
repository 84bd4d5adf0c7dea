import { wrappers } from './calls/all.ts'
import { answer } from './processes.ts'
import { type CallQuestion, timeCalls } from './track.ts'

const wrapper = await wrappers[process.argv[2]!]!()
answer(async ({ calls }: CallQuestion) => ({ name: wrapper.name, ns: await timeCalls(wrapper, calls) }))
