// Runs another project's own tests with `globalThis.fetch` replaced by a tracked fetch, and reports each test that
// fails there and passes with the platform's fetch.
//
//   node scripts/foreign-suites.mjs ../ky [--modes plain,read,stream,resend] [-- arguments of its test runner]
//
// The checkout needs its dependencies installed, and this repository needs `pnpm run build`. Vitest and AVA are known.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'

const split = process.argv.indexOf('--')
const own = process.argv.slice(2, split < 0 ? undefined : split)
const passedOn = split < 0 ? [] : process.argv.slice(split + 1)
const { positionals, values } = parseArgs({
  args: own,
  allowPositionals: true,
  options: { modes: { type: 'string', default: 'plain,read,stream,resend' } },
})
const checkout = positionals[0] && path.resolve(positionals[0])
if (!checkout || !existsSync(path.join(checkout, 'package.json'))) {
  console.error(
    'Usage: node scripts/foreign-suites.mjs <checkout> [--modes plain,read] [-- runner arguments]',
  )
  process.exit(2)
}

const preload = new URL('./foreign-fetch.mjs', import.meta.url).href
const out = mkdtempSync(path.join(tmpdir(), 'foreign-suites-'))
const {
  name,
  version,
  devDependencies = {},
} = JSON.parse(readFileSync(path.join(checkout, 'package.json'), 'utf8'))

/** Runs the suite once. Gives the outcome of each test by its name. */
function run(mode) {
  const reports = path.join(out, `${mode}-reports.txt`)
  const env = {
    ...process.env,
    CALLSHEET_MODE: mode,
    CALLSHEET_REPORTS: reports,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${preload}`.trim(),
  }
  const started = Date.now()
  const outcomes = 'ava' in devDependencies ? runAva(env) : runVitest(env, path.join(out, `${mode}.json`))
  const seconds = ((Date.now() - started) / 1_000).toFixed(0)
  const lines = existsSync(reports) ? readFileSync(reports, 'utf8').trim().split('\n') : []
  const reported = lines.filter((line) => line !== 'call')
  return { outcomes, seconds, calls: lines.length - reported.length, reported }
}

/** The program of a dependency, run by this Node. */
const start = (bin, args, env) =>
  spawnSync(process.execPath, [path.join(checkout, 'node_modules', bin), ...args], {
    cwd: checkout,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  })

function runAva(env) {
  const { stdout } = start('ava/entrypoints/cli.mjs', ['--tap', ...passedOn], env)
  const lines = [...stdout.matchAll(/^(ok|not ok) \d+ - (.*?)(?: # (SKIP|TODO).*)?$/gm)]
  return new Map(lines.filter((line) => !line[3]).map(([, state, test]) => [test, state === 'ok']))
}

function runVitest(env, file) {
  const args = ['run', '--reporter=json', `--outputFile=${file}`, '--coverage.enabled=false', ...passedOn]
  const { stdout, stderr } = start('vitest/vitest.mjs', args, env)
  if (!existsSync(file)) throw new Error(`Vitest wrote no report:\n${stdout}${stderr}`)
  const outcomes = new Map()
  for (const { name: suite, assertionResults, status, message } of JSON.parse(readFileSync(file, 'utf8'))
    .testResults) {
    const where = path.relative(checkout, suite)
    if (assertionResults.length === 0)
      outcomes.set(`${where}: ${message.split('\n')[0]}`, status === 'passed')
    for (const { fullName, status: state } of assertionResults) {
      if (state === 'passed' || state === 'failed') outcomes.set(`${where}: ${fullName}`, state === 'passed')
    }
  }
  return outcomes
}

const count = (outcomes, state) => [...outcomes.values()].filter((passed) => passed === state).length

let isWorse = false
try {
  console.log(`${name} ${version} on Node ${process.versions.node}`)
  const bare = run('bare')
  console.log(
    `bare: ${count(bare.outcomes, true)} passed, ${count(bare.outcomes, false)} failed in ${bare.seconds} s`,
  )
  if (count(bare.outcomes, true) === 0)
    throw new Error('No test passes with bare fetch; nothing to compare with.')
  const failing = (outcomes) =>
    [...bare.outcomes].flatMap(([test, passed]) => (passed && outcomes.get(test) !== true ? [test] : []))
  for (const mode of values.modes.split(',')) {
    const { outcomes, seconds, calls, reported } = run(mode)
    let worse = failing(outcomes)
    // Several suites measure time: what fails twice counts.
    if (worse.length > 0) {
      const again = failing(run(mode).outcomes)
      worse = worse.filter((test) => again.includes(test))
    }
    console.log(
      `${mode}: ${count(outcomes, true)} passed, ${count(outcomes, false)} failed in ${seconds} s; ` +
        `${worse.length} fail that pass with bare fetch; ${calls} tracked calls, ${reported.length} reports`,
    )
    for (const test of worse) console.log(`  ${test}`)
    for (const line of new Set(reported)) console.log(`  report: ${line}`)
    isWorse ||= worse.length > 0 || calls === 0
  }
} finally {
  rmSync(out, { recursive: true, force: true })
}
process.exitCode = isWorse ? 1 : 0
