#!/usr/bin/env bash
# Installs what the tests need and this machine lacks, where it may. Where it may not, it says what is missing, and the tests that need it fail.
set -euo pipefail

missing=()
need() { # PACKAGE COMMAND...: the package is missing if the command fails.
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

need chromium command -v chromium
need fontconfig command -v fc-list
need fonts-liberation bash -c 'fc-list | grep -qiE "liberation|dejavu"'
need fonts-noto-color-emoji bash -c 'fc-list | grep -qi emoji'
need gcc command -v gcc
need libc6-dev test -e /usr/include/stdlib.h
need redis-server command -v redis-server # Debian's package also starts one on port 6379. No test touches it: each starts its own elsewhere.
need nodejs command -v node
need npm command -v npm

[ ${#missing[@]} -eq 0 ] && exit 0
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo -n)
fi
if command -v apt-get >/dev/null && { [ ${#as_root[@]} -eq 0 ] || sudo -n true 2>/dev/null; }; then
  echo "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "missing here, and not to be installed from here: ${missing[*]}" >&2
fi
