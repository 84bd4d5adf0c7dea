import { version } from './record-schemas.ts'

/** Makes records of one version into those of the next. It may meet anything: what it was given is not checked yet. */
export type Migration = (given: Readonly<Record<string, unknown>>) => Record<string, unknown>

/** The migrations by the version that they read. No version but the first has been released, so there is none yet. */
const released: Readonly<Record<number, Migration>> = {}

/** Records of an older version in the shape of today's: one migration after the other. */
export function migrate(
  given: Readonly<Record<string, unknown>>,
  from: number,
  migrations: Readonly<Record<number, Migration>> = released,
  to: number = version,
): Readonly<Record<string, unknown>> {
  let migrated = given
  for (let at = from; at < to; at += 1) {
    const next = migrations[at]
    if (!next) throw new TypeError(`there is no way from version ${at}`)
    migrated = next(migrated)
  }
  return migrated
}
