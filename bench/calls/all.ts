import type { Wrapper } from './call.ts'

/** Each is loaded in a process of its own. */
export const wrappers: Readonly<Record<string, () => Promise<Wrapper>>> = {
  bare: async () => (await import('./bare.ts')).bare,
  byHand: async () => (await import('./by-hand.ts')).byHand,
  tracked: async () => (await import('./callsheet.ts')).tracked,
  trackedAndRead: async () => (await import('./callsheet.ts')).trackedAndRead,
  openTelemetry: async () => (await import('./opentelemetry.ts')).openTelemetry,
  tanstackQuery: async () => (await import('./tanstack-query.ts')).tanstackQuery,
  sentry: async () => (await import('./sentry.ts')).sentry,
  pRetry: async () => (await import('./p-retry.ts')).pRetry,
}
