/** The bar between editor and results: drag it, or move it with the arrow keys. */
export function Splitter({ height, onResize }: { height: number; onResize: (height: number) => void }) {
  return (
    <div
      className="splitter"
      role="separator"
      aria-orientation="horizontal"
      aria-label="Height of the editor"
      aria-valuenow={height}
      tabIndex={0}
      onKeyDown={(event) => {
        const step = { ArrowUp: -24, ArrowDown: 24 }[event.key]
        if (step === undefined) return
        event.preventDefault()
        onResize(clamp(height + step))
      }}
      onPointerDown={(event) => {
        const from = event.clientY
        const bar = event.currentTarget
        bar.setPointerCapture(event.pointerId)
        const move = (moved: PointerEvent) => onResize(clamp(height + moved.clientY - from))
        bar.addEventListener('pointermove', move)
        bar.addEventListener('pointerup', () => bar.removeEventListener('pointermove', move), { once: true })
      }}
    />
  )
}

/** Room for a few lines above, and for a few rows below. */
function clamp(height: number): number {
  return Math.round(Math.min(window.innerHeight - 260, Math.max(90, height)))
}
