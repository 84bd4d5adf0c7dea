import '@fontsource-variable/sora'
import '@callsheet/ui/styles.css'
import './styles.css'
import { PipelineProvider } from '@callsheet/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { tracker } from './tracker.ts'

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <PipelineProvider tracker={tracker}>
      <App />
    </PipelineProvider>
  </StrictMode>,
)
