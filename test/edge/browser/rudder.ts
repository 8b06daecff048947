import { RudderAnalytics } from '@rudderstack/analytics-js/bundled'

Object.assign(window, { rudder: new RudderAnalytics() })
