import { type Deliveries, prepareDeliveries } from './deliveries.ts'
import { answer } from './processes.ts'
import { type SendAnswer, sendBurst, sendPaced, type SendQuestion } from './send.ts'
import { senders } from './senders/all.ts'

const sender = await senders[process.argv[2]!]!()
let tasksHeld = 0
let held: Deliveries

answer(async (question: SendQuestion): Promise<SendAnswer> => {
  const { tasks, duration } = question
  if (tasks !== tasksHeld) held = prepareDeliveries(tasks)
  tasksHeld = tasks
  const sent = await (duration === undefined
    ? sendBurst(sender, held, question)
    : sendPaced(sender, held, question, duration))
  return { ...sent, name: sender.name, raised: sender.raised, delivers: sender.delivers ?? 'versions' }
})
