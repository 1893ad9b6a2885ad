import type { Language } from '#core/portal/consents.ts';

/** What the portal's pages say. What a guest agrees to is in `core/portal/consents.ts`: it has versions. */
export type Words = {
  title: string;
  lead: string;
  online: string;
  onlineNote: string;
  onlineKnown: string;
  whoTitle: string;
  whoNote: string;
  brandsHere: (names: string) => string;
  email: string;
  sendCode: string;
  codeTitle: string;
  codeNote: (email: string, minutes: number) => string;
  code: string;
  enter: string;
  wrongCode: string;
  badEmail: string;
  noEmail: string;
  fromApp: string;
  staleApp: string;
  known: (as: string) => string;
  knownByApp: (brand: string) => string;
  choices: string;
  choicesNote: string;
  noBrands: string;
  save: string;
  saved: string;
  stop: string;
  leave: string;
  minutesLeft: (minutes: number) => string;
  notFromWifi: string;
  account: string;
  accountNote: string;
  user: string;
  password: string;
  signIn: string;
  terms: string;
  venueTitle: string;
  venueLead: string;
  venueEmpty: string;
  venueTap: string;
  toPortal: string;
};

const en: Words = {
  title: 'WiFi for guests',
  lead: 'It costs nothing, not even your name.',
  online: 'Go online',
  onlineNote: 'You need not say who you are, and nobody is told that you are here.',
  onlineKnown: 'Go online with these choices',
  whoTitle: 'Say who you are, if you like',
  whoNote:
    'Then you can let brands on the screens here know when you come. They learn nothing unless you tick their box.',
  brandsHere: (names) => `On the screens here: ${names}.`,
  email: 'Your email address',
  sendCode: 'Send me a code',
  codeTitle: 'Enter the code',
  codeNote: (email, minutes) =>
    `If ${email} is right, six digits are on their way to it. They are good for ${minutes} minutes. We send at most three codes an hour to one address.`,
  code: 'Code',
  enter: 'That is me',
  wrongCode: 'That was not the code, or it is no longer good. Look again, or ask for a new one.',
  badEmail: 'This is not an email address.',
  noEmail: 'Saying who you are by email is not possible here.',
  fromApp: 'Continue as my app knows me',
  staleApp: 'The link from your app is no longer good. Open it there again.',
  known: (as) => `You are here as ${as}.`,
  knownByApp: (brand) => `You are here as ${brand} knows you.`,
  choices: 'Who may know that you are here',
  choicesNote: 'Nothing is ticked unless you did it. Untick a box and save, and it ends at once.',
  noBrands: 'No brand asks for anything here.',
  save: 'Save only',
  saved: 'Saved. It holds from now on.',
  stop: 'Stop all sharing',
  leave: 'Forget me on this phone',
  minutesLeft: (minutes) => `You are online for another ${minutes} minutes.`,
  notFromWifi: 'You did not come from the WiFi’s own sign-in, so there is nothing to open here.',
  account: 'One more step: your account',
  accountNote: 'This network asks for the account that the venue gave you. It goes to the network, not to us.',
  user: 'User name',
  password: 'Password',
  signIn: 'Sign in',
  terms: 'Terms of use',
  venueTitle: 'What is here',
  venueLead: 'These brands are on the screens around you.',
  venueEmpty: 'No brand is on the screens around you now.',
  venueTap: 'Tap the ring or scan the code beside a screen to get what it shows.',
  toPortal: 'WiFi and who may know that you are here',
};

const zh: Words = {
  title: '访客 WiFi',
  lead: '完全免费，无需透露姓名。',
  online: '立即上网',
  onlineNote: '您无需说明身份，也不会有人得知您在这里。',
  onlineKnown: '按以下选择上网',
  whoTitle: '您也可以告诉我们您是谁',
  whoNote: '这样您可以让这里屏幕上的品牌知道您来了。未经您勾选，它们什么都不会知道。',
  brandsHere: (names) => `此处屏幕上的品牌：${names}。`,
  email: '您的邮箱地址',
  sendCode: '发送验证码',
  codeTitle: '输入验证码',
  codeNote: (email, minutes) =>
    `如果 ${email} 无误，六位验证码正在发送，${minutes} 分钟内有效。同一邮箱每小时最多发送三次。`,
  code: '验证码',
  enter: '确认是我',
  wrongCode: '验证码不正确或已失效，请核对或重新获取。',
  badEmail: '这不是邮箱地址。',
  noEmail: '此处无法通过邮箱说明身份。',
  fromApp: '以我在应用中的身份继续',
  staleApp: '来自应用的链接已失效，请在应用中重新打开。',
  known: (as) => `您当前的身份：${as}。`,
  knownByApp: (brand) => `您当前的身份：${brand}的会员。`,
  choices: '谁可以知道您在这里',
  choicesNote: '只有您亲自勾选的才会生效。取消勾选并保存，立即停止。',
  noBrands: '此处没有品牌提出请求。',
  save: '仅保存',
  saved: '已保存，即刻生效。',
  stop: '停止所有共享',
  leave: '在此手机上忘记我',
  minutesLeft: (minutes) => `您还可以上网 ${minutes} 分钟。`,
  notFromWifi: '您不是从 WiFi 登录页进入的，因此无需在此开通网络。',
  account: '还差一步：您的账号',
  accountNote: '此网络需要场所提供给您的账号。账号只会发送给网络，不会发送给我们。',
  user: '用户名',
  password: '密码',
  signIn: '登录',
  terms: '使用条款',
  venueTitle: '此处有什么',
  venueLead: '您周围的屏幕上有这些品牌。',
  venueEmpty: '您周围的屏幕上目前没有品牌。',
  venueTap: '轻触屏幕旁的感应环或扫描二维码，即可获得屏幕上展示的优惠。',
  toPortal: 'WiFi，以及谁可以知道您在这里',
};

export const wordsFor = (language: Language): Words => (language === 'zh-CN' ? zh : en);
