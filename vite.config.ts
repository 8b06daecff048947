import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The studio's page: served by the host to a browser, or by Electron under app://. Relative paths fit both.
export default defineConfig({
  root: 'desktop/renderer',
  base: './',
  plugins: [react()],
  build: {
    outDir: '../../dist/renderer',
    emptyOutDir: true,
    target: ['chrome128', 'safari18', 'firefox130'],
    modulePreload: { polyfill: false },
    // An inlined asset would be a data: URL; the page may load what its own server has, and nothing else.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
})
