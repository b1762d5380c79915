#!/bin/sh
# The browser tests need Chromium and fonts with Chinese: install them where that is possible, else say so. The other
# tests run all the same, except where everything must be tested (CI).
ready() { command -v chromium >/dev/null && [ -n "$(fc-list :lang=zh 2>/dev/null)" ]; }
ready && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fontconfig fonts-noto-cjk fonts-dejavu-core >/dev/null
fi
ready && exit 0
echo "The browser tests are left out: they need chromium and a Chinese font" \
  "(Debian: apt install chromium fonts-noto-cjk fonts-dejavu-core)." >&2
[ -z "${CI:-}" ]
