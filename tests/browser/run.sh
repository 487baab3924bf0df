#!/bin/sh
# The browser tests on a fresh demo shop:
#
#     tests/browser/run.sh target/release/endcap
#
# Serves the shop on a free port, runs storefront.mjs and algolia.mjs (unmodified Algolia clients), stops the server and
# exits with the tests' status.
# CHROMIUM names the browser; without one, Debian's is installed when this runs as root.
set -eu

say() { echo "browser test: $*"; }
fail() { say "$*" >&2; exit 2; }

[ $# -eq 1 ] || fail "usage: tests/browser/run.sh ENDCAP"
endcap=$(command -v "$1") && [ -x "$endcap" ] || fail "there is no program at $1; build one with \`cargo build --release\`"
case $endcap in /*) ;; *) endcap=$PWD/$endcap ;; esac
cd "$(dirname "$0")"
command -v node >/dev/null && command -v npm >/dev/null || fail "needs node and npm: install Node.js 20 or newer"

CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$CHROMIUM" ]; then
    [ "$(id -u)" -eq 0 ] || fail "there is no chromium: run \`sudo apt-get install chromium\`, or set CHROMIUM to a browser's path"
    say "installing chromium"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
    CHROMIUM=$(command -v chromium)
fi
export CHROMIUM

if [ ! -d node_modules/playwright-core ] || [ ! -d node_modules/esbuild ]; then
    say "installing playwright-core, esbuild and the clients"
    if [ -f package-lock.json ]; then npm ci --no-audit --no-fund; else npm install --no-audit --no-fund; fi
fi

place=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
    rm -rf "$place"
}
trap stop EXIT
trap 'exit 130' INT TERM

port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
base=http://127.0.0.1:$port
say "making a demo shop and serving it at $base"
"$endcap" demo --shop "$place/shop" --listen "127.0.0.1:$port" >"$place/log" 2>&1 &
server=$!

waited_s=0
until node -e 'fetch(process.argv[1]).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "$base/ready"; do
    kill -0 "$server" 2>/dev/null || { cat "$place/log" >&2; server=; fail "the server stopped before it was ready; its words are above"; }
    [ "$waited_s" -lt 180 ] || { cat "$place/log" >&2; fail "the server was not ready after 180 s; its words are above"; }
    sleep 1
    waited_s=$((waited_s + 1))
done

status=0
for test in storefront.mjs algolia.mjs; do
    say "running $test with $CHROMIUM"
    node "$test" "$base" || status=$?
done
[ "$status" -eq 0 ] || { say "the server said:" >&2; tail -n 30 "$place/log" >&2; }
say "$([ "$status" -eq 0 ] && echo passed || echo failed)"
exit "$status"
