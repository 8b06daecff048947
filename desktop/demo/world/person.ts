/*
 * The truth about the made-up people: what they did, before any tool saw it. The feeds are what each
 * tool sees of it; the oracle answers from the truth.
 */

export interface Person {
  number: number
  /** What makes this person worth a test; most people have none. */
  story?: Story
  firstName: string
  lastName: string
  /** As the person writes it; tools change its case. Not valid for a few. */
  email: string
  /** Their account at the storefront. */
  userId?: string
  /** YYYY-MM-DD; only the CRM knows it, and not always. */
  dateOfBirth: string | null
  customerType: 'retail' | 'wholesale'
  /** Records of the CRM: none, one, and for some two by mistake. */
  leads: LeadRecord[]
  visits: Visit[]
  purchases: Purchase[]
  mail: MailAction[]
  /** Accounts at the payments tool: 1, or more for people who checked out as a guest. 0 without purchases. */
  paymentAccounts: number
}

export interface Story {
  title: string
  /** What the definition of a high-value person says of them, decided by hand. */
  highValue: boolean
}

export interface LeadRecord {
  qualified: boolean
  stage: 'new' | 'contacted' | 'qualified' | 'customer'
  createdAt: number
  updatedAt: number
  calls: number[]
}

export interface Visit {
  /** The anonymous id of the browser. */
  device: string
  pages: { path: string; at: number }[]
  /**
   * `anonymous`: never signs in. `signs-in`: anonymous up to page number `signsInBefore`, then identified.
   * `signed-in`: identified from the first page, because an earlier visit on this device signed in.
   */
  mode: 'anonymous' | 'signs-in' | 'signed-in'
  signsInBefore: number
  /** Came by a link in a mailing. */
  campaign?: string
}

export interface Purchase {
  at: number
  /** Cents, after the discount. */
  amount: number
  discount: number
  lines: { sku: string; quantity: number; price: number }[]
  status: 'paid' | 'refunded'
  /** `web` purchases are also seen by the storefront. */
  channel: 'web' | 'phone'
  device?: string
}

export interface MailAction {
  type: 'open' | 'click' | 'bounce'
  campaign: string
  at: number
}

/** When the person identified on a device. */
export function signInAt(visit: Visit): number | undefined {
  return visit.mode === 'signs-in' ? visit.pages[visit.signsInBefore]?.at : undefined
}
