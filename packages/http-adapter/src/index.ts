export type { RouteKey } from './route/match.ts'
export type { Fetch, RouteRequest } from './route/request.ts'
export { done, failed, job } from './route/answers.ts'
export type { ReadStream, StreamRun } from './route/read-stream.ts'
export { readDownload } from './fetch/read-download.ts'
export { type EventPatch, type OnEvent, readEvents } from './fetch/read-events.ts'
export type { CallOptions, Resend, Route, RouteScope } from './fetch/contract.ts'
export type { Question } from './jobs/request-job.ts'
export { followHttpJob, type HttpJobOptions } from './jobs/http-jobs.ts'
export { resend, type ResendPolicy } from './fetch/resend.ts'
export type { CallEnd, HttpJobs, JobTools, Provider, Repeats, Start, Watch } from './jobs/provider.ts'
export {
  createTrackedFetch,
  type TrackedFetch,
  type TrackedFetchOptions,
  type Work,
} from './fetch/tracked-fetch.ts'
export type { DropReason, QueuedRecord, QueueRow, SinkCounts } from './sink/queue.ts'
export type { StorageCounts } from './sink/queue-totals.ts'
export { queueStorage, type QueueStorage, type RowStore } from './sink/queue-storage.ts'
export { type HostPage, watchPage } from './platform/page-events.ts'
export type { GivenHeaders, Platform } from './platform/platform.ts'
export type { HttpSinkOptions } from './sink/sink-options.ts'
export { httpSink, type HttpSink } from './sink/http-sink.ts'
export type { LiveState } from './live/connection.ts'
export { liveSource, type LiveSource, type LiveSourceOptions } from './live/live-source.ts'
