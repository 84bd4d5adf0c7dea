import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')

/** Of TypeScript 7, which has no API: its command and its language server are all there is. */
export const tsc = path.join(root, 'node_modules/typescript/bin/tsc')

export interface TypeCheckOptions {
  /** Where the files are put. Default: inside the studio, which has every package by its published name. */
  readonly folder?: string
  readonly compilerOptions?: Readonly<Record<string, unknown>>
  /** Default: the options of this repository's own code. */
  readonly extends?: string | undefined
}

/** A folder inside the studio for files that only a test has. */
export const folderFor = (name: string): string =>
  path.join(root, 'examples/studio/node_modules/.cache', name)

/** Writes files and a tsconfig beside them. Gives the folder. */
export function writeFiles(
  name: string,
  files: Readonly<Record<string, string>>,
  options: TypeCheckOptions = {},
): string {
  const { folder = folderFor(name), compilerOptions } = options
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text)
  const base = 'extends' in options ? options.extends : path.join(root, 'tsconfig.check.json')
  const config = { ...(base && { extends: base }), compilerOptions, include: ['*.ts', '*.tsx'] }
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config))
  return folder
}

/** What the compiler says of files, as a person reads it in a terminal; '' when it accepts them. */
export function typeCheck(
  name: string,
  files: Readonly<Record<string, string>>,
  options: TypeCheckOptions = {},
): string {
  const folder = writeFiles(name, files, options)
  const run = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty'], { encoding: 'utf8', cwd: folder })
  // oxlint-disable-next-line eslint/no-control-regex -- colors begin with one
  return (run.stdout + run.stderr).replaceAll(/\u001b\[[\d;]*m/g, '')
}
