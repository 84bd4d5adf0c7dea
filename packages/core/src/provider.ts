// For authors of adapters, sinks, sources and providers: what core itself is built with.
export { answerOf, createGuard, onRejected } from './records/guard.ts'
export { isNetworkError } from './write/failure.ts'
export { anyDuration, backoff, type Schedule } from './call/timers.ts'
