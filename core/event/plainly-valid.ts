import { isIsoTime, parseTime } from './schema.ts'

/**
 * Tells without the schema that the schema accepts an event: true for what SDKs send, false when it is not sure.
 * A Worker may not compile code, so zod has to interpret the schema there, and that took longer than all else that is
 * done with an event. The schema stays the definition: whatever is true here it accepts (a property in the tests).
 */
export function plainlyValid(event: Record<string, unknown>): boolean {
  return (
    isOptionalText(event['messageId']) &&
    isOptionalText(event['userId']) &&
    isOptionalText(event['anonymousId']) &&
    (isFilled(event['userId']) || isFilled(event['anonymousId'])) &&
    isOptionalTime(event['timestamp']) &&
    isOptionalTime(event['originalTimestamp']) &&
    isOptionalObject(event['properties']) &&
    isOptionalObject(event['traits']) &&
    isOptionalObject(event['context']) &&
    isOptionalObject(event['integrations']) &&
    hasFieldsOfItsType(event)
  )
}

function hasFieldsOfItsType(event: Record<string, unknown>): boolean {
  switch (event['type']) {
    case 'track': {
      const name = event['event']
      return typeof name === 'string' && name.length <= 1000 && name.trim() !== ''
    }
    case 'identify':
      return true
    case 'page':
    case 'screen':
      return isOptionalText(event['name']) && isOptionalText(event['category'])
    case 'group':
      return isFilled(event['groupId'])
    case 'alias':
      return isFilled(event['previousId']) && isFilled(event['userId'])
    default:
      return false
  }
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string'
}

function isOptionalTime(value: unknown): boolean {
  return value === undefined || value === null || isIsoTime(value) || parseTime(value) !== undefined
}

function isOptionalObject(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
}
