import { createHash } from 'node:crypto';

/**
 * The page's one style sheet, in the page: one request, nothing to wait for. A coupon looks like one: a ticket with a
 * perforation. Text on its ground keeps at least 4.5:1, in light and in dark.
 */
export const STYLE = `
:root{color-scheme:light dark;--ground:#f4efe6;--glow:#fffaf0;--card:#fffdf9;--ink:#1d2527;--soft:#566063;--line:#dcd4c4;--accent:#0f5f58;--on:#fff;--tint:#e3f1ec;--warn:#8a4b0b;--font:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif}
:lang(zh){--font:'Noto Sans SC','PingFang SC','Microsoft YaHei',system-ui,sans-serif}
@media (prefers-color-scheme:dark){:root{--ground:#12181a;--glow:#1a2527;--card:#1d2628;--ink:#eef2f0;--soft:#a9b5b5;--line:#38454a;--accent:#86dccf;--on:#08302b;--tint:#17403b;--warn:#f0bd72}}
*{box-sizing:border-box;margin:0}
html{-webkit-text-size-adjust:100%}
body{min-height:100vh;min-height:100svh;font:17px/1.5 var(--font);color:var(--ink);background:radial-gradient(120% 60% at 50% 0,var(--glow),var(--ground) 70%) var(--ground);display:flex;flex-direction:column;align-items:center;padding:14px 16px 28px;overflow-wrap:anywhere}
header,main,footer{width:100%;max-width:430px}
header{display:flex;align-items:center;gap:10px;padding:2px 2px 14px}
.mark{width:34px;height:34px;flex:none;border-radius:11px;background:var(--accent);color:var(--on);display:grid;place-items:center;font-weight:700;font-size:17px}
.who{flex:1;min-width:0;line-height:1.25}
.who b{display:block;font-size:16px}
.who span{color:var(--soft);font-size:13px}
.lang{flex:none;color:var(--soft);font-size:14px;text-decoration:none;border:1px solid var(--line);border-radius:99px;padding:6px 13px}
.air{font-size:14px;color:var(--soft);padding:0 4px 14px}
.air b{color:var(--ink);font-weight:600}
.air::before{content:'';display:inline-block;margin:0 9px 1px 0;width:8px;height:8px;border-radius:50%;background:var(--accent)}
.air.dim::before{background:var(--line)}
.card{position:relative;background:var(--card);border-radius:24px;box-shadow:0 1px 2px rgb(40 30 10/8%),0 18px 44px rgb(60 45 20/13%);padding:26px 24px 24px;text-align:center}
h1{font-size:15px;font-weight:600;color:var(--soft);line-height:1.4;text-wrap:balance}
.big{font-size:clamp(34px,11vw,50px);line-height:1.12;font-weight:800;letter-spacing:-.025em;color:var(--accent);padding:6px 0 2px;text-wrap:balance}
.big.long{font-size:clamp(25px,7.4vw,32px)}
:lang(zh) .big{letter-spacing:0;word-break:keep-all}
.name{font-weight:600;text-wrap:balance}
.fine{font-size:14px;color:var(--soft)}
.cut{position:relative;margin:20px -24px;border-top:2px dashed var(--line)}
.cut::before,.cut::after{content:'';position:absolute;top:-13px;width:24px;height:24px;border-radius:50%;background:var(--ground);box-shadow:inset 0 1px 3px rgb(60 45 20/14%)}
.cut::before{left:-12px}.cut::after{right:-12px}
.qr{width:204px;max-width:70%;margin:12px auto 14px;padding:10px;background:#fff;border-radius:16px;border:1px solid var(--line)}
.qr svg{display:block;width:100%;height:auto}
code{display:block;font:700 25px/1.3 ui-monospace,'SF Mono',Menlo,Consolas,monospace;letter-spacing:.02em;white-space:nowrap}
dl{margin-top:12px;font-size:15px}
dd{margin-left:0;padding:2px 0;text-wrap:balance}
dd strong{font-weight:600}
.spent .qr svg{opacity:.16}.spent code,.spent .big{opacity:.55;text-decoration:line-through;text-decoration-thickness:2px}
.state{display:inline-block;margin:2px 0 6px;padding:4px 14px;border-radius:99px;background:var(--tint);color:var(--accent);font-weight:600;font-size:15px}
button{font:inherit;color:inherit;cursor:pointer}
.go{width:100%;min-height:58px;margin-top:20px;border:0;border-radius:16px;background:var(--accent);color:var(--on);font-weight:700;font-size:19px}
.plain{border:0;background:none;color:var(--soft);text-decoration:underline;text-underline-offset:3px;padding:12px;font-size:14px}
.terms{margin-top:16px;text-align:left;font-size:14px;line-height:1.5;color:var(--soft)}
.terms p+p{margin-top:6px}
.sign{width:64px;height:64px;margin:2px auto 14px;border-radius:50%;background:var(--tint);color:var(--accent)}
.sign svg{display:block;width:64px;height:64px}
.warn .sign{color:var(--warn)}
h2{font-size:25px;line-height:1.25;font-weight:750;letter-spacing:-.015em;text-wrap:balance}
.say{margin-top:10px;font-size:17px;text-wrap:pretty}
details{margin-top:18px;padding-top:14px;border-top:1px solid var(--line);text-align:left;font-size:14px;color:var(--soft)}
summary{cursor:pointer}
details p{margin-top:6px}
footer{text-align:center;padding-top:14px}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:12px}
`
  .replace(/\n/g, '')
  .trim();

const digest = createHash('sha256').update(STYLE).digest('base64');

/** Nothing but this document: no scripts, no pictures, no frames; forms go to us. */
export const SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
