import type { Sender } from './sender.ts'

/** Each is loaded in a process of its own. */
export const senders: Readonly<Record<string, () => Promise<Sender>>> = {
  byHttp: async () => (await import('./by-hand.ts')).byHttp,
  byFetch: async () => (await import('./by-hand.ts')).byFetch,
  callsheetSink: async () => (await import('./callsheet.ts')).callsheetSink,
  callsheetSinkByZlib: async () => (await import('./callsheet.ts')).callsheetSinkByZlib,
  callsheetTracker: async () => (await import('./callsheet.ts')).callsheetTracker,
  openTelemetryJson: async () => (await import('./opentelemetry.ts')).json,
  openTelemetryJsonZipped: async () => (await import('./opentelemetry.ts')).jsonZipped,
  openTelemetryProtobuf: async () => (await import('./opentelemetry.ts')).protobuf,
  openTelemetryProtobufZipped: async () => (await import('./opentelemetry.ts')).protobufZipped,
  posthog: async () => (await import('./posthog.ts')).posthog,
  segment: async () => (await import('./segment.ts')).segment,
  fetchEach: async () => (await import('./fetch-each.ts')).fetchEach,
}
