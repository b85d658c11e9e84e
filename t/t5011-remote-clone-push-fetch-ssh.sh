#!/bin/sh

REMOTE_PLACE=ssh
. "$(dirname "$0")/t5010-remote-clone-push-fetch.sh"
