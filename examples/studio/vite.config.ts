import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// `npm start` serves the built page from the studio's own server; `vite` alone needs that server beside it.
const server = 'http://localhost:5173'

export default defineConfig({
  plugins: [react()],
  build: { outDir: 'dist/client', emptyOutDir: true },
  server: { port: 5174, proxy: { '/api': server, '/media': server } },
})
