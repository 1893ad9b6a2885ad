import '../shared/tokens.css';
import './report.css';
import { createRoot } from 'react-dom/client';
import { LangProvider } from '../shared/lang.tsx';
import { App } from './app.tsx';

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <LangProvider>
      <App />
    </LangProvider>,
  );
}
