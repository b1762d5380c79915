#!/bin/sh
# The browser tests need Chromium and its driver: install them where that is possible, else say so.
command -v chromium >/dev/null && command -v chromedriver >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver >/dev/null && exit 0
fi
echo "The browser tests need chromium and chromedriver on the PATH; install them (Debian: apt install chromium chromium-driver)." >&2
exit 1
