import { LoaderCircle, type LucideIcon } from 'lucide-react'
import type { ComponentProps, ReactNode } from 'react'
import './button.css'

interface ButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  children: ReactNode
  icon?: LucideIcon
  kind?: 'primary' | 'plain' | 'ghost' | 'danger'
  small?: boolean
  busy?: boolean
  /** A keyboard shortcut, shown after the text. */
  keys?: string
}

/** A button with a text. While busy it shows it and takes no clicks. */
export function Button({
  children,
  icon: Icon,
  kind = 'plain',
  small = false,
  busy = false,
  keys,
  disabled,
  className,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={['button', kind, small && 'small', className].filter(Boolean).join(' ')}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
    >
      {busy ? <LoaderCircle size={14} className="spin" aria-hidden /> : Icon && <Icon size={14} aria-hidden />}
      <span>{children}</span>
      {keys && (
        <kbd className="button-keys" aria-hidden>
          {keys}
        </kbd>
      )}
    </button>
  )
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  icon: LucideIcon
  /** Its name, for the tooltip and for who cannot see the icon. */
  label: string
  pressed?: boolean
  size?: number
}

/** A square button with an icon only. */
export function IconButton({ icon: Icon, label, pressed, size = 15, className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      {...rest}
      className={['icon-button', className].filter(Boolean).join(' ')}
    >
      <Icon size={size} aria-hidden />
    </button>
  )
}
