// Which zone.js patches this process before anything else is loaded.
const [, , zone] = process.argv
await import(zone)
const { playScenario } = await import('./scenario.mjs')
console.log(JSON.stringify({ isPatched: /Zone/.test(Promise.name), ...(await playScenario()) }))
