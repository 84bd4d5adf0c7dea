// For authors of adapters, sinks, sources and providers: what core itself is built with.
export { answerOf, createGuard, onRejected } from './records/guard.ts'
export { messageOf } from './records/thrown.ts'
export { hash32 } from './records/hash.ts'
export { isNetworkError } from './write/classify-failure.ts'
export { anyDuration, backoff, type Schedule } from './call/timers.ts'
export { type Json } from './records/json.ts'
export {
  type ExtraDefinition,
  type ItemKind,
  type ItemScope,
  type MetadataOf,
  type Prerequisite,
  type StandardSchema,
  type Step,
  type StepDefinition,
} from './records/pipeline.ts'
export { type StepChanges } from './records/extend-pipeline.ts'
export { compareVersions, type DurationsRecord, type Tombstone } from './records/task.ts'
export { mergeShows } from './records/show.ts'
export { type AnyPipelineView } from './state/view-types.ts'
export { defaultExpiry, type Expiry } from './records/time.ts'
export { type RedactOptions } from './write/redact.ts'
export { type Rejection } from './tracker/snapshot.ts'
export { type Change, type Logger, type SinkHost } from './tracker/sink.ts'
export { type SubscriptionKey } from './tracker/subscriptions.ts'
export {
  classifyFailure,
  type Failure,
  type FailureKind,
  type SeenFailure,
} from './write/classify-failure.ts'
export { cutTime, type PageEvent } from './call/page-lifecycle.ts'
export { createOwnership, type OwnershipOptions } from './call/ownership.ts'
export { type OwnedRuns, type Ownership } from './call/run.ts'
export { type Follow, type FollowContext, type ResumeResult } from './call/resume.ts'
export {
  type Followable,
  type ForgottenCount,
  type DurationsLike,
  type MergeResult,
  type NewTask,
} from './tracker/tracker-types.ts'
