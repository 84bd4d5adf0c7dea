export { type KeepOptions, keepInBrowser, type Kept } from './keep-in-browser.ts'
export { type StorageKind } from './storage/open-store.ts'
