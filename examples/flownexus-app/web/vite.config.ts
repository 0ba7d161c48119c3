import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The root is this folder; scripts/build-web.mjs gives it, and so does `vite examples/flownexus-app/web`. */
export default defineConfig({
  plugins: [react()],
  server: {
    // `npx vite examples/flownexus-app/web` beside a running server: the page with hot reload, the data from the server.
    proxy: { '/api': 'http://127.0.0.1:8000' },
  },
  build: {
    outDir: '../dist-web',
    emptyOutDir: true,
    target: 'es2022',
    // No data: address, so that a strict Content-Security-Policy fits.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 800,
  },
});
