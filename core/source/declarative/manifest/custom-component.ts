import { z } from 'zod'
import type { CustomType } from '../custom.ts'
import { parameters } from './field.ts'

/** A component whose behaviour is a function of custom.ts, found by its class name. */
export function customSchema<Type extends CustomType>(type: Type) {
  return z.looseObject({ ...parameters, type: z.literal(type), class_name: z.string() })
}
