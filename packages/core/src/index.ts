export { type Json, type JsonObject } from './json.ts'
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
} from './pipeline.ts'
export { extendPipeline, type StepChanges } from './extend-pipeline.ts'
export { showPipeline, type ShowPipeline } from './show-pipeline.ts'
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
} from './task.ts'
export { mergeShows } from './show.ts'
export type { StepStatus } from './counts.ts'
export type { AnyPipelineView, PipelineView, SlotView, StepError, StepView } from './views.ts'
export { readySlots } from './ready.ts'
export { defaultExpiry, elapsed, type Expiry, isExpired, isStale } from './time.ts'
export { AlreadyRunningError, CallsheetError, CanceledError, type ErrorCode, TimeoutError } from './errors.ts'
export type { RedactOptions } from './redact.ts'
export type { TaskPatch } from './writer.ts'
export type { ParsedRecords, ParsedSnapshot, Rejection, Snapshot } from './snapshot.ts'
export { type SnapshotBounds, trimSnapshot } from './trim.ts'
export {
  type Change,
  type Logger,
  logSink,
  memorySink,
  type PageEvent,
  type Sink,
  type SinkHost,
  toJSONLines,
} from './sink.ts'
export type { SubscriptionKey } from './subscriptions.ts'
export { classifyFailure, type Failure, type FailureKind, type SeenFailure } from './failure.ts'
export type { RetryPolicy, RunContext, RunOptions } from './options.ts'
export type { Follow, FollowContext, ResumeResult } from './resume.ts'
export type { TrackOptions } from './track.ts'
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
} from './contract.ts'
export { createTracker } from './tracker.ts'
