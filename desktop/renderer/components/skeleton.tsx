import './skeleton.css'

/** A place held while something loads. */
export function Skeleton({ width = '100%', height = 12 }: { width?: number | string; height?: number }) {
  return <span className="skeleton" style={{ width, height }} aria-hidden />
}

const widths = ['62%', '48%', '71%', '55%', '66%', '43%', '58%', '69%']

/** Rows of a table that is still to come. */
export function SkeletonRows({ rows = 8, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div className="skeleton-rows" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="skeleton-row" style={{ opacity: 1 - index / (rows + 1) }}>
          <Skeleton width={8} height={8} />
          <Skeleton width={widths[index % widths.length]!} />
          <Skeleton width={72} />
          <Skeleton width={48} />
        </div>
      ))}
    </div>
  )
}
