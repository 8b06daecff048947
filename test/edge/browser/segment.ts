import { AnalyticsBrowser } from '@segment/analytics-next'

Object.assign(window, { AnalyticsBrowser })
