export { type JsonObject } from './records/json.ts'
export { definePipeline, type Pipeline, type StepType, type TaskType } from './records/pipeline.ts'
export { extendPipeline } from './records/extend-pipeline.ts'
export { showPipeline, type ShowPipeline } from './records/show-pipeline.ts'
export {
  type Character,
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
} from './records/task.ts'

export type { StepStatus } from './state/status.ts'
export type { PipelineView, SlotView, StepError, StepView } from './state/view-types.ts'
export { readySlots, type ReadyOptions } from './state/ready-slots.ts'
export { noRecords, type Records, reduce, viewsOf } from './state/reduce.ts'
export { elapsed, isExpired, isStale } from './records/time.ts'
export {
  AlreadyRunningError,
  CallsheetError,
  CanceledError,
  type ErrorCode,
  TimeoutError,
} from './records/errors.ts'

export type { TaskPatch } from './write/next-version.ts'
export type { ParsedRecords, ParsedSnapshot, Snapshot } from './tracker/snapshot.ts'
export { type SnapshotBounds, trimSnapshot } from './tracker/trim-snapshot.ts'
export { logSink, memorySink, type Sink, toJSONLines } from './tracker/sink.ts'

export type { RetryPolicy, RunContext, RunOptions } from './call/run-options.ts'

export type { TrackOptions } from './call/track.ts'
export type {
  ShowTracker,
  TaskFilter,
  Tracker,
  TrackerEvents,
  TrackerOptions,
} from './tracker/tracker-types.ts'
export { createTracker } from './tracker/tracker.ts'
