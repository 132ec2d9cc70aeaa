// What the runner says, in the language of the page. A # stands for a number.

const MB = (bytes) => (bytes / 1e6).toFixed(1);

const JA = {
  run: "実行", stop: "停止", edit: "編集", reset: "元に戻す",
  nameStop: (n) => `ブロック ${n} を停止`,
  nameReset: (n) => `ブロック ${n} を元に戻す`,
  editor: (n) => `ブロック ${n} のコード。Tab で字下げ、Esc で編集を終えます`,
  getting: "準備しています…",
  loading: (loaded, total) => `読み込み中：${MB(total)} MB のうち ${MB(loaded)} MB`,
  starting: "Python を起動しています…",
  waiting: "順番を待っています…",
  running: "実行中…",
  done: (seconds) => `実行しました（${seconds} 秒）`,
  doneError: "エラーで終わりました",
  stopped: "停止しました",
  output: (seconds) => `あなたの実行の出力（${seconds} 秒）`,
  outputNow: "あなたの実行の出力",
  errors: "警告など（標準エラー出力）",
  nothing: "何も出力しませんでした。",
  figure: (n) => `あなたの実行の図 ${n}`,
  full: (most) => `出力が ${most.toLocaleString()} 文字を超えたので、ここから後は表示しません。`,
  edited: "編集済み",
  reset_: "元のコードに戻しました",
  unkept: "このブラウザーでは編集を保存できません。ページを離れると消えます。",
  changed: "あなたが編集した後に、このページのコードが改められました。",
  yours: "あなたの編集を使う", theirs: "新しいコードを使う",
  all: "このページをすべて実行", stopAll: "すべて停止",
  allRunning: (n, count) => `${count} 個のうち ${n} 個目を実行しています…`,
  allDone: (count, errors) => `${count} 個を実行しました${errors ? `（うち ${errors} 個がエラー）` : ""}`,
  failed: {
    wasm: "このブラウザーでは WebAssembly が使えないので、実行できません。ページに載せた出力と図はそのまま読めます。",
    old: "このブラウザーは古いので、実行できません。新しい版でお試しください。",
    blocked: "このブラウザーでは実行用のワーカーを始められませんでした。拡張機能や設定が止めていないか確かめて、もう一度押してください。",
    lost: "Python が動かなくなったので終わらせました。もう一度押すと、新しく始めます。",
    memory: "メモリが足りなくなりました。配列を小さくして、もう一度実行してください。",
    offline: "接続がなく、実行に必要なファイルがまだこの端末にありません。つながってから、もう一度押してください。",
    broken: "読み込みが途中で切れました。接続を確かめて、もう一度押してください。",
    missing: "実行に必要なファイルがサイトに見つかりません。ページを読み込み直してから、もう一度押してください。",
    damaged: "読み込んだファイルが壊れていたので、使いませんでした。もう一度押すと、読み込み直します。",
  },
};

const EN = {
  run: "Run", stop: "Stop", edit: "Edit", reset: "Reset",
  nameStop: (n) => `Stop block ${n}`,
  nameReset: (n) => `Reset block ${n}`,
  editor: (n) => `Code of block ${n}. Tab indents, Escape leaves`,
  getting: "Getting ready…",
  loading: (loaded, total) => `Loading: ${MB(loaded)} of ${MB(total)} MB`,
  starting: "Starting Python…",
  waiting: "Waiting for its turn…",
  running: "Running…",
  done: (seconds) => `Done (${seconds} s)`,
  doneError: "Ended with an error",
  stopped: "Stopped",
  output: (seconds) => `Output of your run (${seconds} s)`,
  outputNow: "Output of your run",
  errors: "Warnings and the like (standard error)",
  nothing: "It printed and drew nothing.",
  figure: (n) => `Figure ${n} of your run`,
  full: (most) => `The output is longer than ${most.toLocaleString()} characters; the rest is not shown.`,
  edited: "Edited",
  reset_: "Back to the page's own code",
  unkept: "This browser does not let the page keep your edits: they are gone when you leave it.",
  changed: "The code of this page has been revised since you edited it.",
  yours: "Use your edit", theirs: "Use the new code",
  all: "Run all on this page", stopAll: "Stop all",
  allRunning: (n, count) => `Running ${n} of ${count}…`,
  allDone: (count, errors) => `Ran ${count} blocks${errors ? `, ${errors} with an error` : ""}`,
  failed: {
    wasm: "This browser has no WebAssembly, so it cannot run code. The output and figures on the page are all there.",
    old: "This browser is too old to run code here. Please try a newer version.",
    blocked: "This browser did not let a worker start. See whether an extension or a setting blocks it, then press again.",
    lost: "Python broke down and was ended. Press again to start afresh.",
    memory: "There is not enough memory. Make the arrays smaller and run it again.",
    offline: "There is no connection, and what is needed to run is not on this device yet. Press again once you are online.",
    broken: "The download was cut off. Check the connection and press again.",
    missing: "The site does not have a file that is needed to run. Reload the page and press again.",
    damaged: "A file arrived damaged and was not used. Press again to load it anew.",
  },
};

/** The words in the language of the page that is open. */
export const words = () => (document.documentElement.lang === "ja" ? JA : EN);

/** Seconds as the page says them. */
export const seconds = (value) => (value < 0.995 ? value.toFixed(2) : value.toPrecision(value < 99.5 ? 2 : 3));
