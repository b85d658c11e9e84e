#!/bin/sh

test_description='situations, with a file system monitor'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-filter.sh"
. "$TEST_DIRECTORY/lib-situations.sh"

test_expect_success "a monitor that tells what changed since then" '
	write_script "$TRASH_DIRECTORY/monitor" <<-\END
	# version 1: $2 is nanoseconds
	find . -path ./.git -prune -o -type f -newerct "@$(($2 / 1000000000)).$(printf %09d $(($2 % 1000000000)))" -printf "%P\0"
	END
'

situations monitor core.fsmonitor=../monitor core.fsmonitorHookVersion=1

test_done
