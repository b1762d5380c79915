#!/bin/sh
# The browser tests need Chromium: install it where that is possible, else say so.
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
echo "The browser tests need chromium on the PATH; install it (Debian: apt install chromium)." >&2
exit 1
