import { X } from 'lucide-react'
import { type ReactNode, useEffect, useEffectEvent } from 'react'
import { IconButton } from './button.tsx'
import './drawer.css'

/** Details beside the list they belong to. Esc closes it and gives the focus back. */
export function Drawer({
  title,
  aside,
  onClose,
  children,
}: {
  title: ReactNode
  aside?: ReactNode
  onClose: () => void
  children: ReactNode
}) {
  const close = useEffectEvent(onClose)
  useEffect(() => {
    const before = document.activeElement
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && document.querySelector('dialog[open]') === null) close()
    }
    addEventListener('keydown', onKeyDown)
    return () => {
      removeEventListener('keydown', onKeyDown)
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <aside className="drawer" aria-label="Details">
      <header className="drawer-header">
        <h2 className="clip">{title}</h2>
        {aside}
        <IconButton icon={X} label="Close the details (Esc)" onClick={onClose} />
      </header>
      <div className="drawer-body">{children}</div>
    </aside>
  )
}
