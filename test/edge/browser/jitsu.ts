import { jitsuAnalytics } from '@jitsu/js'

Object.assign(window, { jitsuAnalytics })
