import { version } from './record-schemas.ts'

/** Migrates records from one version to the next. The input is not validated yet. */
export type Migration = (given: Readonly<Record<string, unknown>>) => Record<string, unknown>

/** The migrations by the version that they read. Empty: only version 1 has been released. */
const released: Readonly<Record<number, Migration>> = {}

/** Migrates records of an older version to the current one. */
export function migrate(
  given: Readonly<Record<string, unknown>>,
  from: number,
  migrations: Readonly<Record<number, Migration>> = released,
  to: number = version,
): Readonly<Record<string, unknown>> {
  let migrated = given
  for (let at = from; at < to; at += 1) {
    const next = migrations[at]
    if (!next) throw new TypeError(`no migration from version ${at}`)
    migrated = next(migrated)
  }
  return migrated
}
