import { answer } from './processes.ts'
import { createReceiver, type Receiver, type ReceiverAnswer, type ReceiverQuestion } from './receiver.ts'

const receivers = new Map<string, Receiver>()

async function open(): Promise<string> {
  const receiver = await createReceiver()
  receivers.set(receiver.url, receiver)
  return receiver.url
}

answer(async (question: ReceiverQuestion): Promise<ReceiverAnswer> => {
  if (question.ask === 'open') return await open()
  const receiver = receivers.get(question.url)!
  if (question.ask !== 'received') {
    await receiver[question.ask]()
    return question.url
  }
  const received = receiver.received(question.delivers)
  receivers.delete(question.url)
  await receiver.refuse()
  return received
})
