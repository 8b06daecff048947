/** What the demo did and found; `--json` prints it as it is. */
export interface DemoSummary {
  /** The first question: top page views of qualified leads who made more than 5 purchases in the last year. */
  topPages: { path: string; views: number }[]
  highValue: { people: number; userIds: string[] }
  counts: {
    people: number
    /** Calls the SDK and the webhook sent, repeated ones included. */
    eventsSent: number
    /** Distinct events in the warehouse. */
    eventsStored: number
    rowsLoaded: number
    synced: number
    rejected: number
  }
  /** Milliseconds each stage took. */
  timings: { stage: string; ms: number }[]
  tools: { name: string; title: string; url: string }[]
}

/** The summary for a terminal, with where to go next. */
export function formatSummary(summary: DemoSummary, studioUrl: string): string {
  const width = Math.max(...summary.topPages.map((page) => page.path.length), 4)
  return [
    '',
    'Top page views of qualified leads who made more than 5 purchases in the last year',
    ...summary.topPages.map((page, index) => `  ${index + 1}. ${page.path.padEnd(width)}  ${number(page.views).padStart(6)} views`),
    '',
    `High-value people: ${number(summary.highValue.people)} of ${number(summary.counts.people)}`,
    '  (at least 5 purchases over $100 within the last year, aged 25 to 45, on the website in each of the last 4 full weeks)',
    `  ${number(summary.counts.synced)} people are in the product-analytics tool now; it refused ${number(summary.counts.rejected)} (Syncs shows why)`,
    '',
    `${number(summary.counts.eventsStored)} events (${number(summary.counts.eventsSent)} sent, repeats included) and ${number(summary.counts.rowsLoaded)} rows of the CRM and payments`,
    ...summary.timings.map((timing) => `  ${timing.stage.padEnd(36)} ${seconds(timing.ms).padStart(8)}`),
    '',
    'Simulated tools (they run in this process and hold made-up people)',
    ...summary.tools.map((tool) => `  ${tool.title.padEnd(36)} ${tool.url}`),
    '',
    `Studio: ${studioUrl}`,
    '',
  ].join('\n')
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
