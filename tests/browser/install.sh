#!/usr/bin/env bash
# What looks at the pages in Chromium (axe-core, Lighthouse), beside this file. Run again, it does nothing.
set -euo pipefail
cd "$(dirname "$0")"
wanted=$(sha256sum package.json package-lock.json)
[ "$(cat node_modules/.installed 2>/dev/null)" != "$wanted" ] || exit 0
npm ci --no-audit --no-fund --loglevel=error >/dev/null
echo "$wanted" >node_modules/.installed
