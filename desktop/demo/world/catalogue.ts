/** What the shop sells, as its payments tool lists it. Prices in cents. */
export interface Sku {
  id: string
  slug: string
  name: string
  category: string
  price: number
}

const products: [slug: string, name: string, category: string, price: number][] = [
  ['espresso-blend', 'Espresso blend, 1 kg', 'coffee', 2600],
  ['filter-roast', 'Filter roast, 1 kg', 'coffee', 2400],
  ['decaf-swiss', 'Decaf, Swiss water, 1 kg', 'coffee', 2900],
  ['single-origin-yirga', 'Yirgacheffe, single origin, 500 g', 'coffee', 2200],
  ['green-beans-sack', 'Green beans, 5 kg sack', 'coffee', 6900],
  ['earl-grey', 'Earl Grey, 250 g', 'tea', 1400],
  ['sencha', 'Sencha, 250 g', 'tea', 1900],
  ['chamomile', 'Chamomile, 250 g', 'tea', 1200],
  ['hand-grinder', 'Hand grinder', 'equipment', 8900],
  ['electric-grinder', 'Electric grinder', 'equipment', 24900],
  ['gooseneck-kettle', 'Gooseneck kettle', 'equipment', 7900],
  ['pour-over-set', 'Pour-over set', 'equipment', 5400],
  ['scale', 'Scale with timer', 'equipment', 4500],
  ['milk-jug', 'Milk jug, 600 ml', 'equipment', 2100],
  ['cup-set-six', 'Set of six cups', 'ware', 3600],
  ['travel-mug', 'Travel mug', 'ware', 2800],
  ['paper-filters', 'Paper filters, 100', 'ware', 700],
  ['gift-card-50', 'Gift card, $50', 'gift', 5000],
  ['gift-card-100', 'Gift card, $100', 'gift', 10000],
  ['subscription-box', 'Subscription box', 'gift', 3900],
]

export const catalogue: readonly Sku[] = products.map(([slug, name, category, price], index) => ({
  id: `sku_${String(index + 1).padStart(3, '0')}`,
  slug,
  name,
  category,
  price,
}))

/** Pages of the storefront that are not a product's, with their titles. */
export const pageTitles: Readonly<Record<string, string>> = {
  '/': 'Coffee, tea and what you need for them',
  '/collections/coffee': 'Coffee',
  '/collections/tea': 'Tea',
  '/collections/equipment': 'Equipment',
  '/collections/gift': 'Gifts',
  '/blog/brewing-guide': 'A guide to brewing',
  '/blog/harvest-report': 'The harvest report',
  '/wholesale': 'Wholesale',
  '/wholesale/pricing': 'Wholesale prices',
  '/wholesale/apply': 'Open a wholesale account',
  '/account': 'Your account',
  '/account/orders': 'Your orders',
  '/cart': 'Your cart',
  '/checkout': 'Checkout',
}

export function pageTitle(path: string): string {
  const slug = path.startsWith('/products/') ? path.slice('/products/'.length) : undefined
  return slug === undefined ? (pageTitles[path] ?? path) : (catalogue.find((sku) => sku.slug === slug)?.name ?? slug)
}
