#!/bin/sh
# Makes Debian's chromium available for the browser tests, or says clearly that they will be skipped.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing chromium for the browser tests."
    (apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q chromium) \
        >/tmp/atelier-chromium.log 2>&1 && exit 0
    tail -n 5 /tmp/atelier-chromium.log
fi
echo "NOTE: no Chromium here, so the browser tests will be skipped. Install it with: sudo apt install chromium"
exit 0
