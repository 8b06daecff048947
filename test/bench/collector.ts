import { throughput } from './collector-throughput.ts'
import { soak } from './collector-soak.ts'
import { reportCost } from './cost.ts'
import type { Report } from './figure.ts'

/** How many it takes, what that costs on Cloudflare, and ten minutes at half of it. */
export async function run(report: Report, signal: AbortSignal, { minutes = 10 }: { minutes?: number | undefined }): Promise<void> {
  const { perSecond, cpu } = await throughput(report, signal)
  if (cpu !== undefined) reportCost(report, cpu)
  await soak({ perSecond: perSecond / 2, minutes }, report, signal)
}
