export {
  queueStorageContract,
  type QueueStorageContractOptions,
  type QueueStorageUnderTest,
} from './queue-storage-contract.ts'
