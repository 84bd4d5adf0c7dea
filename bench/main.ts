// Several contestants check themselves at each step unless they are told that this is no development.
process.env['NODE_ENV'] = 'production'
void import('./run.ts')
