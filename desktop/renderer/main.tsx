import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createClient } from '#core/host/client.ts'
import { App } from './app.tsx'
import { ToastProvider } from './components/toast.tsx'
import { connect } from './connect.ts'
import { createQueryClient, HostProvider } from './data/host.tsx'
import './style/tokens.css'
import './style/base.css'
import { applyTheme } from './style/theme.ts'

applyTheme()

const client = createClient(connect())
const queries = createQueryClient()

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <HostProvider value={client}>
        <ToastProvider>
          <App />
        </ToastProvider>
      </HostProvider>
    </QueryClientProvider>
  </StrictMode>,
)
