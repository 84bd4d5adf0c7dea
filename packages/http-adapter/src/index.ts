export type { RouteKey } from './match.ts'
export type { Fetch, RouteRequest } from './request.ts'
export { done, failed, job } from './answers.ts'
export type { ReadStream, StreamRun } from './read-stream.ts'
export { readDownload } from './read-download.ts'
export { type EventPatch, type OnEvent, readEvents } from './read-events.ts'
export type { CallOptions, Resend, Route, RouteScope } from './contract.ts'
export type { Question } from './ask-job.ts'
export { followHttpJob, type HttpJobOptions } from './http-jobs.ts'
export { resend, type ResendPolicy } from './resend.ts'
export type { CallEnd, HttpJobs, JobTools, Provider, Repeats, Start, Watch } from './provider.ts'
export {
  createTrackedFetch,
  type TrackedFetch,
  type TrackedFetchOptions,
  type Work,
} from './tracked-fetch.ts'
export type { DropReason, QueuedRecord, QueueRow, SinkCounts } from './queue.ts'
export type { StorageCounts } from './queue-totals.ts'
export { queueStorage, type QueueStorage, type RowStore } from './queue-storage.ts'
export { type HostPage, watchPage } from './page.ts'
export type { GivenHeaders, World } from './world.ts'
export type { HttpSinkOptions } from './sink-options.ts'
export { httpSink, type HttpSink } from './http-sink.ts'
export type { LiveState } from './live-connection.ts'
export { liveSource, type LiveSource, type LiveSourceOptions } from './live-source.ts'
