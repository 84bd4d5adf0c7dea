export { expectNoSecrets } from '../write/no-secrets.ts'
export { createFakeClock, type FakeClock } from './fake-clock.ts'
export { createRandom } from './random.ts'
export { testSink, type TestSink, type Which } from './test-sink.ts'
export { createTestTracker, type TestTracker, type TestTrackerOptions } from './test-tracker.ts'
export { script, type Script, type ScriptDetails } from './script.ts'
export type { CallFault, Faults } from './simulated-call.ts'
export {
  simulate,
  type SimulatedCall,
  type SimulateOptions,
  type Simulation,
  usualFaults,
} from './simulate.ts'
export { callsheetMatchers, type CallsheetMatchers } from './matchers.ts'
export {
  assertThat,
  type ContractCase,
  createContract,
  type Patience,
  settled,
  waitUntil,
} from './contract.ts'
export { sinkContract, type SinkContractOptions, type SinkUnderTest } from './sink-contract.ts'
export {
  sourceContract,
  type SourceContractOptions,
  type SourceGiven,
  type SourceUnderTest,
} from './source-contract.ts'
