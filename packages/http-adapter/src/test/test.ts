export {
  queueStorageContract,
  type QueueStorageContractOptions,
  type QueueStorageUnderTest,
} from './queue-storage-contract.ts'
export {
  providerContract,
  type ProviderContractOptions,
  type ProviderScene,
  type ProviderUnderTest,
} from './provider-contract.ts'
