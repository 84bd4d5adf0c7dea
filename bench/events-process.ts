import { type EventsOptions, playEvents } from './events.ts'
import { answer } from './processes.ts'

answer((options: EventsOptions) => playEvents(options))
