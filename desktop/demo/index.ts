/** The face of the demo, for the command that starts it: prepare before the host opens the stack, run once it serves, then play. */
export { type Demo, prepareDemo } from './demo.ts'
export { playLive } from './live.ts'
export { runDemo } from './run.ts'
