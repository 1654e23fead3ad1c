#!/bin/sh
# Make configure from a git checkout. Needs autoconf, automake,
# autoconf-archive, autopoint, gettext, pkg-config and xz-utils.
cd "$(dirname "$0")" && exec autoreconf --install --force "$@"
