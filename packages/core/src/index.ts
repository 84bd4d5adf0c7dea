export { type Json, type JsonObject } from './records/json.ts'
export {
  definePipeline,
  type ExtraDefinition,
  type ItemScope,
  type MetadataOf,
  type Pipeline,
  type Prerequisite,
  type StandardSchema,
  type Step,
  type StepDefinition,
  type StepType,
  type TaskType,
} from './records/pipeline.ts'
export { extendPipeline, type StepChanges } from './records/extend-pipeline.ts'
export { showPipeline, type ShowPipeline } from './records/show-pipeline.ts'
export {
  type Character,
  compareVersions,
  type DurationsRecord,
  type Facts,
  isActive,
  isFinished,
  isRemoved,
  type Job,
  type ShowRecord,
  type Slot,
  type Task,
  type TaskError,
  type TaskRecord,
  type TaskStatus,
  type TaskVersion,
  type Tombstone,
} from './records/task.ts'
export { mergeShows } from './records/show.ts'
export type { StepStatus } from './state/rules.ts'
export type { AnyPipelineView, PipelineView, SlotView, StepError, StepView } from './state/views.ts'
export { readySlots, type ReadyOptions } from './state/ready.ts'
export { noRecords, type Records, reduce, viewsOf } from './state/reduce.ts'
export { defaultExpiry, elapsed, type Expiry, isExpired, isStale } from './records/time.ts'
export {
  AlreadyRunningError,
  CallsheetError,
  CanceledError,
  type ErrorCode,
  TimeoutError,
} from './records/errors.ts'
export type { RedactOptions } from './write/redact.ts'
export type { TaskPatch } from './write/writer.ts'
export type { ParsedRecords, ParsedSnapshot, Rejection, Snapshot } from './tracker/snapshot.ts'
export { type SnapshotBounds, trimSnapshot } from './tracker/trim.ts'
export {
  type Change,
  type Logger,
  logSink,
  memorySink,
  type Sink,
  type SinkHost,
  toJSONLines,
} from './tracker/sink.ts'
export type { SubscriptionKey } from './tracker/subscriptions.ts'
export { classifyFailure, type Failure, type FailureKind, type SeenFailure } from './write/failure.ts'
export type { PageEvent } from './call/page.ts'
export type { RetryPolicy, RunContext, RunOptions } from './call/options.ts'
export type { Follow, FollowContext, ResumeResult } from './call/resume.ts'
export type { TrackOptions } from './call/track.ts'
export type {
  Followable,
  ForgottenCount,
  DurationsLike,
  MergeResult,
  NewTask,
  ShowTracker,
  TaskFilter,
  Tracker,
  TrackerEvents,
  TrackerOptions,
} from './tracker/contract.ts'
export { createTracker } from './tracker/tracker.ts'
