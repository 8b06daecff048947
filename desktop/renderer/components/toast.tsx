import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { createContext, type ReactNode, use, useCallback, useState } from 'react'
import { Button, IconButton } from './button.tsx'
import './toast.css'

export interface Toast {
  tone: 'ok' | 'error'
  title: string
  text?: string
  action?: { label: string; run: () => void }
}

const ToastContext = createContext<(toast: Toast) => void>(() => undefined)

/** Says something in the corner: good news for six seconds, bad news until it is closed. */
export function useToast(): (toast: Toast) => void {
  return use(ToastContext)
}

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<(Toast & { id: number })[]>([])
  const close = useCallback((id: number) => setToasts((current) => current.filter((toast) => toast.id !== id)), [])
  const show = useCallback(
    (toast: Toast) => {
      const id = performance.now()
      setToasts((current) => [...current.slice(-3), { ...toast, id }])
      if (toast.tone === 'ok') setTimeout(() => close(id), 6000)
    },
    [close],
  )
  return (
    <ToastContext value={show}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <div key={toast.id} className={`toast ${toast.tone}`}>
            {toast.tone === 'ok' ? <CircleCheck size={16} aria-hidden /> : <CircleAlert size={16} aria-hidden />}
            <div className="toast-text">
              <strong>{toast.title}</strong>
              {toast.text && <p>{toast.text}</p>}
            </div>
            {toast.action && (
              <Button
                small
                onClick={() => {
                  toast.action?.run()
                  close(toast.id)
                }}
              >
                {toast.action.label}
              </Button>
            )}
            <IconButton icon={X} size={13} label="Close the message" onClick={() => close(toast.id)} />
          </div>
        ))}
      </div>
    </ToastContext>
  )
}
