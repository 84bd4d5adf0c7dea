import { measureEvents } from './events.ts'
measureEvents({ sizes: [10, 100, 1_000, 10_000, 100_000], rounds: 5, eventsPerRound: 200_000, sample: (tasks) => Math.max(20, Math.min(10_000, Math.round(2e6 / tasks))) })
